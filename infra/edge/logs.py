"""The edge's access log, in fields that name nobody: no address, no query, no agent, no cookie."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept
from infra.stage_stack import removal_policy
from infra.stages import Stage

FIELDS: Final = (
    "timestamp(ms)",
    "x-edge-request-id",
    "x-edge-location",
    "cs-method",
    "cs-uri-stem",
    "sc-status",
    "sc-bytes",
    "time-taken",
    "time-to-first-byte",
    "x-edge-result-type",
    "x-edge-detailed-result-type",
    "cs-protocol-version",
    "ssl-protocol",
)
"""Source: "Standard logging reference" of the CloudFront guide. Paths hold ids alone."""


class AccessLog(Construct):
    """Standard logging v2, whose source CloudFormation makes in us-east-1 alone, into a bucket."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        distribution: cloudfront.Distribution,
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.named("edge")
        bucket = self._bucket(stage)
        source = logs.CfnDeliverySource(
            self,
            "Source",
            name=name,
            log_type="ACCESS_LOGS",
            resource_arn=distribution.distribution_arn,
        )
        destination = logs.CfnDeliveryDestination(
            self,
            "Destination",
            name=name,
            output_format="json",
            destination_resource_arn=bucket.bucket_arn,
        )
        delivery = logs.CfnDelivery(
            self,
            "Delivery",
            delivery_source_name=source.ref,
            delivery_destination_arn=destination.attr_arn,
            record_fields=list(FIELDS),
            s3_suffix_path="{yyyy}/{MM}/{dd}/{HH}",
        )
        if bucket.policy is not None:
            delivery.node.add_dependency(bucket.policy)

    def _bucket(self, stage: Stage) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=cdk.Duration.days(stage.log_retention_days))
            ],
            removal_policy=removal_policy(stage),
            auto_delete_objects=not stage.retain_data,
        )
        accept(bucket, "AwsSolutions-S1", "It is the access log.")
        stack = cdk.Stack.of(self)
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"AWSLogs/{stack.account}/*")],
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": stack.account,
                        "s3:x-amz-acl": "bucket-owner-full-control",
                    },
                    "ArnLike": {
                        "aws:SourceArn": [
                            stack.format_arn(
                                service="logs",
                                resource=side,
                                resource_name="*",
                                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                            )
                            for side in ("delivery-source", "delivery-destination")
                        ]
                    },
                },
            )
        )
        return bucket
