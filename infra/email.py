"""The sender of the shop's mail, and where bounces and complaints go."""

from aws_cdk import aws_events as events
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.stages import Stage


def mail_set(stage: Stage) -> str:
    """The name of the configuration set that every mail of the stage is sent under."""
    return stage.named("mail")


class Email(Construct):
    """An SES identity of the sender's domain; its DKIM records stand in the SES console.

    SES itself sends nothing to an address that bounced or complained; what it tells of it goes over
    the default bus, the only one that it knows.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, default_bus: events.IEventBus
    ) -> None:
        super().__init__(scope, construct_id)
        mails = ses.ConfigurationSet(
            self,
            "Mails",
            configuration_set_name=mail_set(stage),
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
            reputation_metrics=True,
        )
        mails.add_event_destination(
            "Returned",
            destination=ses.EventDestination.event_bus(default_bus),
            events=[ses.EmailSendingEvent.BOUNCE, ses.EmailSendingEvent.COMPLAINT],
        )
        self.identity = ses.EmailIdentity(
            self,
            "Sender",
            identity=ses.Identity.domain(stage.sender_address.partition("@")[2]),
            configuration_set=mails,
        )
