"""The stack that watches a stage's platform: alarms on what needs a person, and one dashboard."""

from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from contracts.service_levels import CONFIRMED
from infra.alarms import Alarms
from infra.metrics import Metrics
from infra.operators import TOPIC
from infra.stage_stack import StageStack
from infra.stages import Stage
from infra.watch.alarms import api_failing, raise_alarms
from infra.watch.burn_rate import watch_budget
from infra.watch.dashboard import draw
from infra.watch.resources import API_ID, DISTRIBUTION_ID, Watched, parameter


class WatchStack(StageStack):
    """Watches by names alone: nothing is exported to it, and the shop runs without it."""

    def __init__(self, scope: Construct, stage: Stage, watched: Watched) -> None:
        super().__init__(
            scope,
            stage.watch_stack_name,
            stage,
            description=f"What watches the e-commerce platform, stage {stage.name}.",
        )
        topic = sns.Topic.from_topic_arn(
            self, "Operators", self.format_arn(service="sns", resource=stage.named(TOPIC))
        )
        metrics, alarms = Metrics(self, stage), Alarms(self, stage, topic)
        raise_alarms(alarms, metrics, stage, watched)
        api_id = self._told("ApiId", parameter(stage.name, API_ID))
        api_failing(alarms, api_id)
        watch_budget(alarms, "ConfirmationSlow", CONFIRMED, "confirmationslow")
        draw(
            self,
            stage,
            metrics,
            watched,
            api_id=api_id,
            distribution_id=(
                self._told("DistributionId", parameter(stage.name, DISTRIBUTION_ID))
                if stage.edge
                else None
            ),
            alarms=alarms.telling,
        )

    def _told(self, construct_id: str, name: str) -> str:
        """What a parameter holds, looked up when this is deployed."""
        found = ssm.StringParameter.from_string_parameter_name(self, construct_id, name)
        return found.string_value
