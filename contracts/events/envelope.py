"""The envelope of every domain event: EventBridge's `detail` is `{"metadata": …, "data": …}`."""

from datetime import UTC, datetime
from typing import ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.ids import event_id


class EventMetadata(BaseModel):
    """What consumers need to order events and to recognise a repeated one.

    Attributes:
        event_id: derived from type, aggregate and version: a repeated event has the same id.
        schema_version: of `data`; grows with a change that is not backward compatible.
        occurred_at: UTC.
        aggregate_version: grows with every state that the aggregate reaches. Delivery order is
            not promised; a consumer that keeps state ignores what is not newer than what it has.
        correlation_id: the same in all events of one business transaction.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    event_id: str
    event_type: str
    schema_version: int = Field(ge=1)
    occurred_at: datetime
    aggregate_id: str
    aggregate_version: int = Field(ge=1)
    correlation_id: str


class DomainEvent(BaseModel):
    """Base of the events' data. The class's name is the detail-type."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    SOURCE: ClassVar[str]
    SCHEMA_VERSION: ClassVar[int] = 1

    @classmethod
    def event_type(cls) -> str:
        """The detail-type under which the event is published."""
        return cls.__name__


Data = TypeVar("Data", bound=DomainEvent)


class Envelope(BaseModel, Generic[Data]):
    """Metadata and data of one event."""

    model_config = ConfigDict(frozen=True)

    metadata: EventMetadata
    data: Data

    @classmethod
    def wrap(
        cls,
        data: Data,
        *,
        aggregate_id: str,
        aggregate_version: int,
        correlation_id: str,
        occurred_at: datetime,
    ) -> Self:
        """The event by which `aggregate_id` reached `aggregate_version`.

        An envelope of no named event, `Envelope.wrap(event)`, is written whole all the same:
        pydantic serialises an unparametrised field by what it holds.
        """
        metadata = EventMetadata(
            event_id=event_id(data.event_type(), aggregate_id, aggregate_version),
            event_type=data.event_type(),
            schema_version=data.SCHEMA_VERSION,
            occurred_at=occurred_at.astimezone(UTC),
            aggregate_id=aggregate_id,
            aggregate_version=aggregate_version,
            correlation_id=correlation_id,
        )
        return cls(metadata=metadata, data=data)
