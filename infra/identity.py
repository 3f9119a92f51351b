"""Who may come in: customers and operators in one user pool."""

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from contracts.retention import ACCESS_TOKENS
from infra.nag import accept
from infra.stage_stack import removal_policy
from infra.stages import Stage


class Identity(Construct):
    """User pool, its groups, and the client that the shop's customers log in with."""

    def __init__(self, scope: Construct, construct_id: str, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self.pool = cognito.UserPool(
            self,
            "Users",
            user_pool_name=stage.named("users"),
            # Passwords and groups are all that is used; the next plan costs three times as much a
            # user (ADR 0075).
            feature_plan=cognito.FeaturePlan.LITE,
            sign_in_aliases=cognito.SignInAliases(username=True, email=True),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True)
            ),
            custom_attributes={
                # The address to which nothing is sent any more: it has bounced, or complained.
                "undeliverable": cognito.StringAttribute(mutable=True)
            },
            self_sign_up_enabled=True,
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
            ),
            deletion_protection=stage.retain_data,
            removal_policy=removal_policy(stage),
        )
        if stage.sender_verified:
            self._send_by_ses(stage)
        for group in ("customer", "operator"):
            cognito.CfnUserPoolGroup(
                self,
                group.capitalize(),
                user_pool_id=self.pool.user_pool_id,
                group_name=group,
            )
        self.client = self.pool.add_client(
            "Shop",
            user_pool_client_name=stage.named("shop"),
            auth_flows=cognito.AuthFlow(user_password=True),
            disable_o_auth=True,
            generate_secret=False,
            prevent_user_existence_errors=True,
            # Theirs to change: what the shop notes of its customers is not.
            write_attributes=cognito.ClientAttributes().with_standard_attributes(email=True),
            access_token_validity=cdk.Duration.seconds(int(ACCESS_TOKENS.total_seconds())),
            id_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.days(30),
        )
        accept(
            self.pool,
            "AwsSolutions-COG2",
            "A shop's customers log in with a password; a second factor would cost orders.",
        )
        accept(
            self.pool,
            "AwsSolutions-COG8",
            "The Plus plan adds threat protection, priced per user; throttles guard the API.",
        )

    def _send_by_ses(self, stage: Stage) -> None:
        user_pool = self.pool.node.default_child
        if not isinstance(user_pool, cognito.CfnUserPool):
            raise TypeError(f"{self.pool.node.path} is no user pool.")
        user_pool.email_configuration = cognito.CfnUserPool.EmailConfigurationProperty(
            email_sending_account="DEVELOPER",
            from_=stage.sender_address,
            source_arn=cdk.Stack.of(self).format_arn(
                service="ses",
                resource="identity",
                resource_name=stage.sender_address.partition("@")[2],
            ),
        )
