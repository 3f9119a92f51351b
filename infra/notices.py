"""What operators are told of at once: orders that need a person, goods that run low or out."""

from typing import Any, Final

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.stages import Stage

SOURCES: Final = ("commerce.orders", "commerce.inventory")


def _field(path: str) -> str:
    return events.EventField.from_path(f"$.detail.data.{path}")


class Notices(Construct):
    """Events as sentences on the operators' topic; what it does not take stands in `parked`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        bus: events.IEventBus,
        topic: sns.ITopic,
        parked: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        told: dict[str, tuple[Any, str]] = {
            "AttentionRequired": (
                None,
                f"{_field('orderId')} needs attention: {_field('reason')}. {_field('remedy')}",
            ),
            "AvailabilityChanged": (
                {"data": {"inStock": [False]}},
                f"SKU {_field('sku')} is sold out.",
            ),
            "StockRanLow": (
                None,
                f"SKU {_field('sku')} runs low: {_field('available')} left.",
            ),
        }
        for event_type, (detail, sentence) in told.items():
            events.Rule(
                self,
                event_type,
                rule_name=stage.named(f"Tell{event_type}"),
                event_bus=bus,
                event_pattern=events.EventPattern(
                    source=list(SOURCES), detail_type=[event_type], detail=detail
                ),
                targets=[
                    targets.SnsTopic(
                        topic,
                        message=events.RuleTargetInput.from_text(sentence),
                        dead_letter_queue=parked,
                    )
                ],
            )
