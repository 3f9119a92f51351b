"""AWS clients: built when first used, once per process, from one session."""

import json
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


@cache
def _session() -> Any:
    import boto3

    from functions.shared.connections import use_for_aws

    use_for_aws()
    return boto3.session.Session()


@cache
def _client(service: str, attempts: int = 3, read_timeout: int = 5) -> Any:
    """Timeouts in seconds, well inside those of the functions; retries are the SDK's standard.

    The SDK would check every request against its model and put its User-Agent together twice a
    call: a fifth of the CPU of a call. The service checks requests as well.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
        parameter_validation=False,
        user_agent=f"Boto3/{boto3.__version__}",
    )
    client = _session().client(service, config=config)
    client.meta.events.register("before-parse.dynamodb", _parse)
    return client


def _parse(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Takes an answer as the JSON that it is, where the SDK walks each attribute through its model.

    The same result, but for timestamps and binary attributes, which these tables' items and the
    operations of `infra.packaging.botocore_data` do not have. Errors are left to the SDK.
    """
    if response_dict["status_code"] < HTTPStatus.MULTIPLE_CHOICES:
        customized_response_dict.update(json.loads(response_dict["body"] or b"{}"))
        response_dict["body"] = b"{}"


def dynamodb() -> "DynamoDBClient":
    """Client of DynamoDB."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def step_functions() -> "SFNClient":
    """Client of Step Functions."""
    client: SFNClient = _client("stepfunctions")
    return client


def events() -> "EventBridgeClient":
    """Client of EventBridge."""
    client: EventBridgeClient = _client("events")
    return client


def secrets_manager() -> "SecretsManagerClient":
    """Client of Secrets Manager."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def queues() -> "SQSClient":
    """Client of SQS."""
    client: SQSClient = _client("sqs")
    return client


def email() -> "SESV2Client":
    """Client of SES. It asks once: SES has no idempotency key, and a retry that the SDK makes after
    a lost answer is a second mail."""
    client: SESV2Client = _client("sesv2", attempts=1)
    return client


def lambda_functions() -> "LambdaClient":
    """Client of Lambda itself. It waits for a function's answer, and asks once."""
    client: LambdaClient = _client("lambda", attempts=1, read_timeout=60)
    return client


def user_pools() -> "CognitoIdentityProviderClient":
    """Client of Cognito user pools."""
    client: CognitoIdentityProviderClient = _client("cognito-idp")
    return client


def cloudfront() -> Any:
    """Client of CloudFront, which is one for all regions."""
    return _client("cloudfront")
