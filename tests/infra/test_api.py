"""Routes, tokens, throttles."""

from contracts.capacity import PLACING
from infra.stages import STAGES
from infra.table import ROUTES
from tests.infra.template import Template


def test_routes_are_those_of_the_table(prod: Template) -> None:
    routes = prod.of_type("AWS::ApiGatewayV2::Route").values()
    assert {route["RouteKey"] for route in routes} == {f"{r.method} {r.path}" for r in ROUTES}


def test_every_route_that_is_not_public_wants_a_token(prod: Template) -> None:
    public = {f"{route.method} {route.path}" for route in ROUTES if route.public}
    assert public == {
        "GET /products/{productId}",
        "GET /products/{productId}/reviews",
        "GET /categories",
        "GET /categories/{category}/products",
        "GET /search",
        "GET /search/suggest",
        "GET /openapi.json",
        "GET /docs",
        "POST /webhooks/payments",
    }
    for route in prod.of_type("AWS::ApiGatewayV2::Route").values():
        wants_token = route["AuthorizationType"] == "JWT"
        assert wants_token is (route["RouteKey"] not in public)


def test_tokens_are_for_this_client_of_this_pool(prod: Template) -> None:
    (authorizer,) = prod.of_type("AWS::ApiGatewayV2::Authorizer").values()
    (client,) = prod.of_type("AWS::Cognito::UserPoolClient")
    (pool,) = prod.of_type("AWS::Cognito::UserPool")
    assert authorizer["JwtConfiguration"]["Audience"] == [{"Ref": client}]
    assert {"Ref": pool} in authorizer["JwtConfiguration"]["Issuer"]["Fn::Join"][1]


def test_routes_call_aliases_with_payload_version_2(prod: Template) -> None:
    integrations = prod.of_type("AWS::ApiGatewayV2::Integration").values()
    called = {prod.function_of_alias(each["IntegrationUri"]) for each in integrations}
    assert called == {route.function for route in ROUTES}
    assert {each["PayloadFormatVersion"] for each in integrations} == {"2.0"}


def test_only_this_api_may_call_the_functions_behind_its_routes(prod: Template) -> None:
    """By one permission a function: the functions check the route again, as `shared.access`."""
    (api,) = prod.of_type("AWS::ApiGatewayV2::Api")
    callers = [
        permission
        for permission in prod.of_type("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]
    called = [prod.function_of_alias(permission["FunctionName"]) for permission in callers]
    assert sorted(called) == sorted({route.function for route in ROUTES})
    for permission in callers:
        source = permission["SourceArn"]["Fn::Join"][1]
        assert source[-2:] == [{"Ref": api}, "/*/*/*"]


def test_the_api_throttles_and_logs_without_personal_data(prod: Template) -> None:
    (stage,) = prod.of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": STAGES["prod"].requests_a_second,
        "ThrottlingBurstLimit": STAGES["prod"].request_burst,
    }
    assert set(stage["RouteSettings"]) == {
        f"{route.method} {route.path}" for route in ROUTES if route.throttle
    }
    assert stage["RouteSettings"]["POST /orders"] == {
        "ThrottlingRateLimit": PLACING.rate,
        "ThrottlingBurstLimit": PLACING.burst,
    }
    logged = stage["AccessLogSettings"]["Format"]
    for personal in ("sourceIp", "claims", "userAgent", "$context.path"):
        assert personal not in logged
