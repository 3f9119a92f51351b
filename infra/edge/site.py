"""The page in `web/`, with its assets named by their content, in a bucket that only the edge reads.

A name that holds the content's hash never means anything else, so it may be kept for ever; the page
that names them is asked for each time. Old assets stay: a page that is open still needs them.
"""

import hashlib
import shutil
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra.nag import accept, region_of

ROOT: Final = Path(__file__).parents[2]
WEB: Final = ROOT / "web"
BUILT: Final = ROOT / ".local" / "web"
ASSETS: Final = "assets"
_DEPLOYER: Final = "Custom::CDKBucketDeployment"
_DEPLOYS: Final = ("GetObject", "GetBucket", "List", "DeleteObject", "Abort")
_LOGS: Final = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_DIGEST: Final = 16
"""Characters of a hash in a name."""


def build_site(source: Path, target: Path) -> None:
    """The site as it is served: assets by hashed names, and pages that name them so."""
    shutil.rmtree(target, ignore_errors=True)
    (target / ASSETS).mkdir(parents=True)
    renamed = {}
    for asset in sorted((source / ASSETS).iterdir()):
        digest = hashlib.sha256(asset.read_bytes()).hexdigest()[:_DIGEST]
        name = f"{ASSETS}/{asset.stem}.{digest}{asset.suffix}"
        renamed[f'"{ASSETS}/{asset.name}"'] = f'"{name}"'
        shutil.copyfile(asset, target / name)
    for page in sorted(source.glob("*.html")):
        text = page.read_text(encoding="utf-8")
        for before, after in renamed.items():
            text = text.replace(before, after)
        (target / page.name).write_text(text, encoding="utf-8")


class Site(Construct):
    """The bucket, and what it holds."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        build_site(WEB, BUILT)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            auto_delete_objects=True,
        )
        accept(
            self.bucket,
            "AwsSolutions-S1",
            "Only the edge reads it, and the edge writes an access log.",
        )
        assets = self._deploy(
            "Assets", BUILT / ASSETS, f"{ASSETS}/", "public, max-age=31536000, immutable"
        )
        pages = self._deploy("Pages", BUILT, None, "no-cache", exclude=[f"{ASSETS}/*"])
        pages.node.add_dependency(assets)
        self._accept_findings()

    def _deploy(
        self,
        construct_id: str,
        folder: Path,
        prefix: str | None,
        cached: str,
        exclude: list[str] | None = None,
    ) -> deployment.BucketDeployment:
        return deployment.BucketDeployment(
            self,
            construct_id,
            destination_bucket=self.bucket,
            sources=[deployment.Source.asset(str(folder), exclude=exclude)],
            destination_key_prefix=prefix,
            cache_control=[deployment.CacheControl.from_string(cached)],
            prune=False,
        )

    def _accept_findings(self) -> None:
        """The CDK's own function puts the files into the bucket while the stack is deployed."""
        stack = cdk.Stack.of(self)
        (deployer,) = (one for one in stack.node.children if one.node.id.startswith(_DEPLOYER))
        resource = self.bucket.node.default_child
        if not isinstance(resource, cdk.CfnElement):
            raise TypeError("A bucket is no longer made of one element.")
        bucket = stack.get_logical_id(resource)
        staged = (
            f"arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-{region_of(stack)}"
        )
        for rule in (
            "L1",
            f"IAM4[Policy::{_LOGS}]",
            *(f"IAM5[Action::s3:{action}*]" for action in _DEPLOYS),
            f"IAM5[Resource::{staged}/*]",
            f"IAM5[Resource::<{bucket}.Arn>/*]",
        ):
            accept(
                deployer, f"AwsSolutions-{rule}", "The CDK's own, for files of this bucket alone."
            )
