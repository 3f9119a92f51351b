"""EventLog: queue of all events → one structured line each.

Lines hold what tells events apart, never their data.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.events.envelope import EventMetadata
from functions.shared.logs import logger


class _Detail(BaseModel):
    metadata: EventMetadata


class Delivery(BaseModel):
    """An event as EventBridge delivers it to a queue. Its `data` is not read.

    Attributes:
        replay_name: set where the event comes from a replay of the archive.

    Source: "AWS service event structure" and "Replaying archived events" of the EventBridge guide.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    detail_type: str = Field(alias="detail-type")
    time: datetime
    replay_name: str | None = Field(default=None, alias="replay-name")
    detail: _Detail

    def line(self) -> dict[str, Any]:
        """The fields of the log line."""
        fields = {
            "event_type": self.detail_type,
            "source": self.source,
            "published_at": self.time.isoformat(),
            "replay_name": self.replay_name,
            **self.detail.metadata.model_dump(mode="json", exclude={"event_type"}),
        }
        return {name: value for name, value in fields.items() if value is not None}


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Logs a batch; what is no event of ours goes back to the queue, and at last to its DLQ."""
    failures = []
    for record in event["Records"]:
        try:
            delivery = Delivery.model_validate_json(record["body"])
        except ValidationError as error:
            wrong = [problem["loc"] for problem in error.errors(include_input=False)]
            logger.warning("no event", message_id=record["messageId"], wrong=wrong)
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            logger.info("event", **delivery.line())
    return {"batchItemFailures": failures}
