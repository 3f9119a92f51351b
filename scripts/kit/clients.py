"""AWS clients for the commands: of the embedded cloud, or of an account."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient


class Clients:
    """Clients made on first use, all with the same endpoint and credentials.

    Args:
        region: of the stack.
        endpoint: every service's address; None means AWS.
        access_key, secret_key: None means what boto3 finds by itself.
    """

    def __init__(
        self,
        region: str,
        endpoint: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
    ) -> None:
        self._session = boto3.Session(
            region_name=region, aws_access_key_id=access_key, aws_secret_access_key=secret_key
        )
        self._endpoint = endpoint
        self._config = Config(read_timeout=120, retries={"mode": "standard"})

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """Stacks and change sets."""
        return self._session.client(
            "cloudformation", endpoint_url=self._endpoint, config=self._config
        )

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """Users and their tokens."""
        return self._session.client("cognito-idp", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Tables, in DynamoDB's own types."""
        return self._session.client("dynamodb", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def tables(self) -> "DynamoDBServiceResource":
        """Tables, in Python's types."""
        return self._session.resource("dynamodb", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def events(self) -> "EventBridgeClient":
        """Buses, rules and archives."""
        return self._session.client("events", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Functions."""
        return self._session.client("lambda", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def logs(self) -> Any:
        """Log groups and what was written to them."""
        return self._session.client("logs", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def s3(self) -> "S3Client":
        """Buckets."""
        return self._session.client("s3", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets."""
        return self._session.client(
            "secretsmanager", endpoint_url=self._endpoint, config=self._config
        )

    @cached_property
    def sqs(self) -> "SQSClient":
        """Queues."""
        return self._session.client("sqs", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def ssm(self) -> "SSMClient":
        """Parameters."""
        return self._session.client("ssm", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def states(self) -> "SFNClient":
        """State machines and their executions."""
        return self._session.client(
            "stepfunctions", endpoint_url=self._endpoint, config=self._config
        )
