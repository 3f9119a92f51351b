"""Calls of AWS's APIs: what goes the short way is answered as AWS answers it."""

from http import HTTPStatus
from typing import Any

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.conformance.parts import unique
from tests.support.emulator import Emulator


def headers_of(answer: Any) -> set[str]:
    """The names of an answer's headers, in small letters."""
    return {name.lower() for name in answer["ResponseMetadata"]["HTTPHeaders"]}


def test_an_answer_carries_the_headers_that_aws_sends(cloud: Emulator) -> None:
    answer = cloud.client("dynamodb").list_tables()
    assert headers_of(answer) == {
        "content-type",
        "content-length",
        "date",
        "x-amz-crc32",
        "x-amzn-requestid",
    }


def test_an_error_is_named_in_header_and_body(cloud: Emulator) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("dynamodb").describe_table(TableName=unique("table"))
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert "x-amzn-errortype" in headers_of(refused.value.response)


def test_a_large_body_arrives_whole(cloud: Emulator) -> None:
    queues = cloud.client("sqs")
    url = queues.create_queue(QueueName=unique("queue"))["QueueUrl"]
    text = "ü" * 100_000
    queues.send_message(QueueUrl=url, MessageBody=text)
    (message,) = queues.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == text


def test_regions_are_told_apart(cloud: Emulator) -> None:
    name = unique("secret")
    cloud.client("secretsmanager").create_secret(Name=name, SecretString="s")
    elsewhere = boto3.client(
        "secretsmanager",
        endpoint_url=cloud.url,
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        elsewhere.get_secret_value(SecretId=name)


def test_a_call_of_a_browser_is_answered_as_before(cloud: Emulator) -> None:
    answer = urllib3.request(
        "POST",
        f"{cloud.url}/",
        headers={"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"},
        body=b"{}",
    )
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert answer.headers["access-control-allow-origin"] == "*"
