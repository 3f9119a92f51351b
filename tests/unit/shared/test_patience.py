"""What an HTTP handler answers where a dependency asks for patience."""

import pytest
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from botocore.exceptions import ClientError

from functions.shared.errors import Contended
from functions.shared.http import HttpHandler, http_handler
from functions.shared.problems import THROTTLES
from tests.support.requests import answer, http_event


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "somebody@example.com"}}, "GetItem")


def _handler(error: Exception) -> HttpHandler:
    app = APIGatewayHttpResolver()

    @app.get("/cart")
    def get_cart() -> None:
        raise error

    return http_handler(app)


@pytest.mark.parametrize("error", [Contended("items"), *map(_refused, sorted(THROTTLES))], ids=str)
def test_what_may_succeed_in_a_moment_is_answered_so(error: Exception) -> None:
    refused = answer(_handler(error)(http_event("GET /cart"), None))
    assert refused.status == 503
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["cache-control"] == "no-store"
    assert "somebody" not in str(refused.body)


def test_any_other_error_of_a_service_is_a_fault() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        _handler(_refused("AccessDeniedException"))(http_event("GET /cart"), None)
