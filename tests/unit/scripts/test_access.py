"""Who may do what in a search domain is told by the function that may do everything."""

import json
from io import BytesIO
from typing import Any

import pytest
from opensearchpy.exceptions import AuthorizationException
from opensearchpy.exceptions import ConnectionError as NoConnection

from functions.search.roles import ROLES
from scripts.kit.engine import through
from scripts.ops.access import grant

ARNS = {name: f"arn:aws:iam::111122223333:role/{name}" for name in ROLES}


class Lambda:
    """Lambda, and behind it a function that answers every request alike."""

    def __init__(self, status: int = 200, error: str | None = None) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self._status = status
        self._error = error

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:
        assert FunctionName == "operator"
        request = json.loads(Payload)
        body = json.loads(request["body"]) if request["body"] else None
        self.asked.append((request["method"], request["url"], body))
        if self._error:
            answer: Any = {"errorMessage": self._error}
            return {"Payload": BytesIO(json.dumps(answer).encode()), "FunctionError": "Unhandled"}
        answer = {
            "status": self._status,
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps({"error": {"type": "security_exception"}}),
        }
        return {"Payload": BytesIO(json.dumps(answer).encode())}


def test_every_function_is_mapped_to_its_role_alone() -> None:
    domain = Lambda()
    grant(through(domain, "operator"), ARNS)
    told = {url.removeprefix("/_plugins/_security/api"): body for _, url, body in domain.asked}
    for name, permissions in ROLES.items():
        assert told[f"/roles/{name}"] == permissions
        assert told[f"/rolesmapping/{name}"] == {"backend_roles": [ARNS[name]]}


def test_what_the_service_maps_to_everybody_goes() -> None:
    domain = Lambda(status=404)
    gone = through(domain, "operator")
    gone.transport.perform_request("DELETE", "/x", params={"ignore": (404,)})
    domain = Lambda()
    grant(through(domain, "operator"), ARNS)
    deleted = [url for method, url, _ in domain.asked if method == "DELETE"]
    assert [url.rpartition("/api")[2] for url in deleted] == [
        "/rolesmapping/default_role",
        "/roles/default_role",
    ]


def test_a_refusal_is_the_clients_own_error() -> None:
    with pytest.raises(AuthorizationException, match="security_exception"):
        grant(through(Lambda(status=403), "operator"), ARNS)


def test_a_function_that_fails_is_an_engine_that_does_not_answer() -> None:
    with pytest.raises(NoConnection, match="timed out"):
        through(Lambda(error="timed out"), "operator").info()
