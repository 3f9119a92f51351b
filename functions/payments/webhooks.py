"""POST /webhooks/payments: takes the payment provider's events, proves them and queues them.

Nothing else is done here: the provider waits a few seconds only, and repeats what is not answered
with 2xx, for three days. Source: "Webhooks", https://docs.stripe.com/webhooks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from botocore.exceptions import BotoCoreError, ClientError

from contracts.webhooks_api import EventTaken
from functions.payments.signatures import HEADER, NotSigned, verify
from functions.shared import clients
from functions.shared.http import header, http_handler, raw_body, respond
from functions.shared.logs import logger
from functions.shared.problems import Problem
from functions.shared.secrets import Secret
from functions.shared.settings import setting

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_BYTES: Final = 200_000
"""Of an event; a queue takes 256 KiB."""


@dataclass(frozen=True, slots=True)
class TakeWebhook:
    """Takes events.

    Attributes:
        secrets: the endpoint's secrets, separated by spaces: more than one while it is rolled.
        queue: URL of the queue that the events go to.
        now: seconds since the epoch.
    """

    secrets: Callable[[], str]
    client: Callable[[], "SQSClient"]
    queue: str
    now: Callable[[], float]

    def __call__(self, body: bytes, signature: str | None) -> None:
        """Queues an event as it was sent.

        Raises:
            Problem: 400 if it is not the provider's, 503 if it cannot be queued now.
        """
        if len(body) > MAX_BYTES:
            raise Problem(HTTPStatus.BAD_REQUEST, f"The body is larger than {MAX_BYTES} bytes.")
        try:
            verify(body, signature, self.secrets().split(), int(self.now()))
            text = body.decode()
        except (NotSigned, UnicodeDecodeError) as refusal:
            logger.warning("webhook refused", reason=type(refusal).__name__, detail=str(refusal))
            detail = "The signature of the body is missing, wrong, or too old."
            raise Problem(HTTPStatus.BAD_REQUEST, detail) from None
        try:
            self.client().send_message(QueueUrl=self.queue, MessageBody=text)
        except (BotoCoreError, ClientError) as error:
            logger.warning("webhook not queued", reason=type(error).__name__)
            detail = "The event cannot be taken now; send it again."
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail) from error


app = APIGatewayHttpResolver()


@cache
def _take_webhook() -> TakeWebhook:
    secrets = Secret(setting("WEBHOOK_SECRET_ARN"), "signingSecrets")
    queue = setting("PAYMENT_EVENTS_QUEUE")
    return TakeWebhook(secrets, clients.queues, queue, time.time)


@app.post("/webhooks/payments")
def post_event() -> Response[Any]:
    """Takes one event: 200, it is queued."""
    _take_webhook()(raw_body(app), header(app, HEADER))
    return respond(HTTPStatus.OK, EventTaken(received=True), {"Cache-Control": "no-store"})


handler = http_handler(app)
