"""POST /webhooks/payments: what is signed is queued as it was sent, all else changes nothing."""

import base64
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.payments import webhooks
from functions.payments.signatures import HEADER
from functions.payments.webhooks import MAX_BYTES, TakeWebhook
from scripts.local.payment_sandbox.webhooks import signature
from tests.support.requests import Answer, answer, http_event

ROUTE = "POST /webhooks/payments"
SECRET = "whsec_test"
NOW = 1_750_000_000
BODY = '{"id":"evt_1","type":"refund.failed","name":"Größe"}'


class Queue:
    """SQS, as far as the handler uses it. `failure` is raised by the next send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failure: Exception | None = None

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, str]:
        if self.failure is not None:
            raise self.failure
        self.sent.append((QueueUrl, MessageBody))
        return {"MessageId": "1"}


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The queue behind the handler, whose endpoint is being rolled to a new secret."""
    queue = Queue()
    client = cast("Any", queue)
    take = TakeWebhook(lambda: f"whsec_next {SECRET}", lambda: client, "the-queue", lambda: NOW)
    monkeypatch.setattr(webhooks, "_take_webhook", lambda: take)
    return queue


def post(body: str = BODY, header: str | None = None, *, base64_encoded: bool = False) -> Answer:
    """A webhook; without a header signed as the provider signs it now."""
    signed = signature(body, SECRET, NOW) if header is None else header
    event = http_event(ROUTE, headers={HEADER.lower(): signed}, body=body, claims={})
    if base64_encoded:
        encoded = base64.b64encode(body.encode()).decode()
        event |= {"body": encoded, "isBase64Encoded": True}
    return answer(webhooks.handler(event, None))


@pytest.mark.parametrize("base64_encoded", [False, True])
def test_a_signed_event_is_queued_as_it_was_sent(queue: Queue, base64_encoded: bool) -> None:
    assert post(base64_encoded=base64_encoded).status == 200
    assert queue.sent == [("the-queue", BODY)]


def test_a_signature_of_the_next_secret_counts_as_well(queue: Queue) -> None:
    assert post(header=signature(BODY, "whsec_next", NOW)).status == 200
    assert queue.sent


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        signature(BODY, "whsec_other", NOW),
        signature(BODY + " ", SECRET, NOW),
        signature(BODY, SECRET, NOW - 301),
    ],
)
def test_what_is_not_signed_is_a_problem_and_queued_nowhere(queue: Queue, header: str) -> None:
    refused = post(header=header)
    assert refused.status == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert "whsec" not in str(refused.body)
    assert queue.sent == []


def test_without_the_header(queue: Queue) -> None:
    refused = answer(webhooks.handler(http_event(ROUTE, body=BODY, claims={}), None))
    assert refused.status == 400
    assert queue.sent == []


def test_an_oversized_event_is_refused_though_signed(queue: Queue) -> None:
    assert post("x" * MAX_BYTES).status == 200
    queue.sent.clear()
    assert post("x" * (MAX_BYTES + 1)).status == 400
    assert queue.sent == []


@pytest.mark.parametrize("body", ["%%%", base64.b64encode(b"\xff\xfe").decode()])
def test_bytes_that_are_no_text(queue: Queue, body: str) -> None:
    event = http_event(ROUTE, headers={HEADER: "t=1,v1=0"}, body=body, claims={})
    assert answer(webhooks.handler(event | {"isBase64Encoded": True}, None)).status == 400
    assert queue.sent == []


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "down"}}, "SendMessage"),
        EndpointConnectionError(endpoint_url="https://queue.example"),
    ],
)
def test_a_queue_that_is_down_has_the_provider_send_again(queue: Queue, failure: Exception) -> None:
    queue.failure = failure
    refused = post()
    assert refused.status == 503
    assert refused.headers["content-type"] == "application/problem+json"
    queue.failure = None
    assert post().status == 200
    assert len(queue.sent) == 1
