"""The sender of the shop's mail."""

from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.stages import Stage


class Email(Construct):
    """An SES identity of the sender's domain; its DKIM records stand in the SES console."""

    def __init__(self, scope: Construct, construct_id: str, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        domain = stage.sender_address.partition("@")[2]
        self.identity = ses.EmailIdentity(self, "Sender", identity=ses.Identity.domain(domain))
