"""RedriveParked: what consumers have put aside is handled when what they need is back.

Every five minutes it hands a few parked messages to the consumer itself. If the consumer can handle
one of them, all others are moved back into its queue. If it can handle none, what it needs is still
away, or they are wrong in themselves: they stay where they are, and are tried again later. So a
message that is wrong goes round only beside others that can be handled.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from pydantic import BaseModel, TypeAdapter

from functions.shared import clients
from functions.shared.logs import logger
from functions.shared.settings import setting

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

TRIED: Final = 3
"""Messages of a queue that are tried in one run."""

TRIED_SELDOM: Final = 6
"""A message is tried by the first six runs that see it, then by every sixth: half an hour apart."""

HIDDEN: Final = 120
"""Seconds for which nobody else sees a message that is tried: as long as a run may last."""

_ALREADY_MOVING: Final = "UnsupportedOperation"
"""Source: errors of StartMessageMoveTask, of which a queue has one at a time."""


class Parked(BaseModel):
    """A consumer and where its messages are.

    Attributes:
        function: the ARN that is invoked.
        queue: the ARN of the queue that feeds it.
        parked: the ARN of the queue of what it could not handle.
        parked_url: the same queue.
    """

    function: str
    queue: str
    parked: str
    parked_url: str


@dataclass(frozen=True, slots=True)
class RedriveParked:
    """Tries what one consumer has put aside."""

    queues: Callable[[], "SQSClient"]
    functions: Callable[[], "LambdaClient"]

    def __call__(self, consumer: Parked) -> None:
        """Tries a few messages; moves the others back if one of them could be handled."""
        messages = self._received(consumer)
        tried = [one for one in messages if is_due(one)]
        failed = self._failed(consumer, tried) if tried else set()
        handled = [one for one in tried if one["MessageId"] not in failed]
        for message in handled:
            self.queues().delete_message(
                QueueUrl=consumer.parked_url, ReceiptHandle=message["ReceiptHandle"]
            )
        if tried:
            logger.info("tried", queue=consumer.parked, handled=len(handled), failed=len(failed))
        if handled:
            self._move_others(consumer)
        else:
            self._show(consumer, messages)

    def _received(self, consumer: Parked) -> Sequence["MessageTypeDef"]:
        answer = self.queues().receive_message(
            QueueUrl=consumer.parked_url,
            MaxNumberOfMessages=TRIED,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
            VisibilityTimeout=HIDDEN,
        )
        return answer.get("Messages", [])

    def _failed(self, consumer: Parked, messages: Sequence["MessageTypeDef"]) -> set[str]:
        """The ids of the messages that the consumer could not handle."""
        everything = {message["MessageId"] for message in messages}
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
        answer = self.functions().invoke(
            FunctionName=consumer.function, Payload=json.dumps({"Records": records})
        )
        if answer.get("FunctionError"):
            return everything
        said = json.load(answer["Payload"])
        return {one["itemIdentifier"] for one in said["batchItemFailures"]}

    def _show(self, consumer: Parked, messages: Sequence["MessageTypeDef"]) -> None:
        """What is not moved is visible again at once: alarms count what is visible."""
        for message in messages:
            self.queues().change_message_visibility(
                QueueUrl=consumer.parked_url,
                ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=0,
            )

    def _move_others(self, consumer: Parked) -> None:
        try:
            self.queues().start_message_move_task(
                SourceArn=consumer.parked, DestinationArn=consumer.queue
            )
        except ClientError as error:
            if _ALREADY_MOVING not in error.response["Error"]["Code"]:
                raise


def is_due(message: "MessageTypeDef") -> bool:
    """Whether a message that was received so often is tried by this run."""
    times = int(message["Attributes"]["ApproximateReceiveCount"])
    return times <= TRIED_SELDOM or times % TRIED_SELDOM == 0


@cache
def _consumers() -> list[Parked]:
    return TypeAdapter(list[Parked]).validate_json(setting("PARKED"))


def handler(_event: Mapping[str, Any], _context: object) -> None:
    """The Lambda handler: all consumers at once, so that one that is slow keeps nobody waiting."""
    redrive = RedriveParked(clients.queues, clients.lambda_functions)
    with ThreadPoolExecutor(len(_consumers())) as pool:
        list(pool.map(redrive, _consumers()))
