"""Messages of a queue: handled one by one or together, each failure handed back alone.

What fails comes again after the queue's visibility timeout and, after its last receive, stands in
the dead-letter queue.
Source: "Implementing partial batch responses" of the Lambda guide.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.events.envelope import Data, Envelope
from functions.shared.errors import TechnicalError
from functions.shared.logs import about, logger


class Malformed(TechnicalError):
    """A message is not what the queue is for. Names fields, never values."""


class Delivery(BaseModel, Generic[Data]):
    """A domain event as EventBridge delivers it to a queue.

    Attributes:
        replay_name: set where the event comes from a replay of the archive.

    Source: "AWS service event structure" and "Replaying archived events" of the EventBridge guide.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    detail_type: str = Field(alias="detail-type")
    replay_name: str | None = Field(default=None, alias="replay-name")
    detail: Envelope[Data]


def handle_each(
    event: Mapping[str, Any], handle: Callable[[str], None], failure: str
) -> dict[str, Any]:
    """A batch of a queue, as the partial batch response that its event source expects.

    Args:
        handle: takes a message's body.
        failure: what the log says where it raises.
    """
    failed = []
    for record in event["Records"]:
        about(None)
        try:
            handle(record["body"])
        except Exception:  # noqa: BLE001 - handed back to the queue one by one
            logger.exception(failure, message_id=record["messageId"])
            failed.append(record["messageId"])
        else:
            logger.info("handled", message_id=record["messageId"])
    return batch_answer(failed)


def delivery(body: str, model: type[Data]) -> Delivery[Data]:
    """The domain event in a message's body. What is logged from here on is about it.

    Raises:
        Malformed: it is another event, or none.
    """
    try:
        found = Delivery[model].model_validate_json(body)  # type: ignore[valid-type]  # made at run time
    except ValidationError as error:
        wrong = [problem["loc"] for problem in error.errors(include_input=False)]
        raise Malformed(f"no {model.event_type()}: {wrong}") from None
    if found.detail_type != model.event_type():
        raise Malformed(f"{found.detail_type} where {model.event_type()} is expected")
    about(found.detail.metadata.correlation_id)
    return found


def deliveries(
    event: Mapping[str, Any], model: type[Data], failure: str
) -> tuple[dict[str, Delivery[Data]], list[str]]:
    """A batch of a queue that is handled together: the domain events in it, by message.

    Args:
        failure: what the log says of a message that holds none.

    Returns:
        The events, and the messages that hold none.
    """
    found: dict[str, Delivery[Data]] = {}
    failed: list[str] = []
    for record in event["Records"]:
        try:
            found[record["messageId"]] = delivery(record["body"], model)
        except Malformed as error:
            about(None)
            logger.error(failure, message_id=record["messageId"], wrong=str(error))
            failed.append(record["messageId"])
    return found, failed


def batch_answer(failed: Iterable[str]) -> dict[str, Any]:
    """The partial batch response: messages that are to come again."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


class _Typed(BaseModel):
    detail_type: str = Field(alias="detail-type")


def detail_type(body: str) -> str:
    """The type of the event in a message's body, for a queue that takes several.

    Raises:
        Malformed: it has none.
    """
    try:
        return _Typed.model_validate_json(body).detail_type
    except ValidationError:
        raise Malformed("no event: it has no detail-type") from None
