"""The HTTP API: routes from the table, tokens checked before a function is called."""

import json
from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from contracts.capacity import Throttle
from contracts.edge import API_STAGE
from infra.functions import log_retention
from infra.identity import Identity
from infra.nag import accept
from infra.stages import Stage
from infra.table import ROUTES
from infra.table.rows import Route

_ACCESS_LOG: Final = {
    # No path, no query, no address: ids and codes are enough to find the request's own log.
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "integrationStatus": "$context.integrationStatus",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
}


class Api(Construct):
    """HTTP API with payload version 2 and a JWT authoriser on the user pool."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        identity: Identity,
        aliases: Mapping[str, lambda_.Alias],
    ) -> None:
        super().__init__(scope, construct_id)
        self.http = apigateway.HttpApi(
            self, "Http", api_name=stage.named("api"), create_default_stage=False
        )
        self.stage = apigateway.HttpStage(
            self,
            "Default",
            http_api=self.http,
            stage_name=API_STAGE if stage.edge else "$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=stage.requests_a_second, burst_limit=stage.request_burst
            ),
        )
        path = f"/{API_STAGE}" if stage.edge else ""
        self.url = f"{self.http.api_endpoint}{path}"
        self.host = f"{self.http.api_id}.execute-api.{cdk.Stack.of(self).region}.amazonaws.com"
        self._resource = self._cfn_stage()
        self._log_access(stage)
        self._authorizer = authorizers.HttpUserPoolAuthorizer(
            "Customers", identity.pool, user_pool_clients=[identity.client]
        )
        self._integrations = {
            # One permission for this API and nobody else, not one for each of its routes: which
            # route reaches which function is the API's own, a function checks its route again.
            name: integrations.HttpLambdaIntegration(
                name, aliases[name], scope_permission_to_route=False
            )
            for name in dict.fromkeys(route.function for route in ROUTES)
        }
        for route in ROUTES:
            self._add(route)
        self._resource.route_settings = {
            f"{route.method} {route.path}": _throttle(route.throttle, stage)
            for route in ROUTES
            if route.throttle
        }

    def _add(self, route: Route) -> None:
        added = self.http.add_routes(
            path=route.path,
            methods=[apigateway.HttpMethod[route.method]],
            integration=self._integrations[route.function],
            authorizer=None if route.public else self._authorizer,
        )
        if route.throttle:
            # API Gateway refuses the settings of a route that it does not know yet.
            self.stage.node.add_dependency(*added)
        if route.public:
            for each in added:
                accept(
                    each,
                    "AwsSolutions-APIG4",
                    "The catalog and the API's description are public; a webhook is signed.",
                )

    def _log_access(self, stage: Stage) -> None:
        group = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/aws/vendedlogs/apis/{stage.named('api')}",
            retention=log_retention(stage),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self._resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=json.dumps(_ACCESS_LOG, sort_keys=True)
        )

    def _cfn_stage(self) -> apigateway.CfnStage:
        resource = self.stage.node.default_child
        if not isinstance(resource, apigateway.CfnStage):
            raise TypeError("An HTTP API's stage is no longer made of one CfnStage.")
        return resource


def _throttle(own: Throttle, stage: Stage) -> dict[str, int]:
    """A route's settings; a stage that takes less altogether takes no more there."""
    return {
        "ThrottlingRateLimit": min(own.rate, stage.requests_a_second),
        "ThrottlingBurstLimit": min(own.burst, stage.request_burst),
    }
