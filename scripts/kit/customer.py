"""The HTTP API as a customer uses it: log in, place an order, watch it."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.kit.endpoints import Endpoints, User

TIMEOUT = 35.0  # seconds: the gateway itself gives up after 30


class ApiError(Exception):
    """The API did not answer as it should; the message has its words."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: headers by lower-case name, body as JSON where it has one."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def retry_after(self) -> float | None:
        """How long the server asks to wait, in seconds."""
        text = self.headers.get("retry-after")
        return float(text) if text is not None else None


def call(
    url: str,
    method: str = "GET",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One HTTP request; an error status is an answer like any other.

    Raises ApiError where nobody answers.
    """
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - http of our own
    if data is not None:
        request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - ours
            return _answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())
    except (urllib.error.URLError, OSError) as error:
        raise ApiError(f"Nobody answers on {url} ({error}): does the platform run?") from error


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    try:
        body = json.loads(content) if content else None
    except ValueError:
        body = content.decode(errors="replace")
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


def log_in(endpoints: Endpoints, user: User) -> str:
    """An access token, by Cognito's InitiateAuth with USER_PASSWORD_AUTH.

    Raises:
        ApiError: there is no such user (any more), the password is another, or is to be changed
            first.
    """
    cognito = endpoints.clients().cognito
    try:
        answer: Mapping[str, Any] = cognito.initiate_auth(
            ClientId=endpoints.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user.username, "PASSWORD": user.password},
        )
    except (cognito.exceptions.NotAuthorizedException, cognito.exceptions.UserNotFoundException):
        back = "" if endpoints.aws is None else "; `make run` makes anew whom it needs"
        raise ApiError(
            f"{user.username} cannot log in: there is no such user (any more),"
            f" or the password is another{back}."
        ) from None
    if "AuthenticationResult" not in answer:
        asked = answer["ChallengeName"]
        raise ApiError(f"{user.username} cannot log in before Cognito's {asked} is answered.")
    return str(answer["AuthenticationResult"]["AccessToken"])


class Customer:
    """Somebody with a token."""

    def __init__(self, endpoints: Endpoints, user: User) -> None:
        self.user = user
        self._api = endpoints.api
        self.token = log_in(endpoints, user)

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path of the API."""
        return call(f"{self._api}{path}", headers=self._headers(headers))

    def place(self, order: Mapping[str, Any], key: str) -> Answer:
        """POST an order under an idempotency key."""
        headers = self._headers({"Idempotency-Key": key})
        return call(f"{self._api}/orders", "POST", dict(order), headers)

    def post(self, path: str) -> Answer:
        """POST to a path of the API, without a body."""
        return call(f"{self._api}{path}", "POST", b"", self._headers({}))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Any request to a path of the API; `If_Match` is the header If-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(f"{self._api}{path}", method, body, self._headers(named))

    def watch(self, order_id: str, patience: float) -> Answer:
        """Poll the execution of an order until it has ended, as often as the server asks for.

        Raises ApiError when it has not after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while True:
            answer = self.get(f"/orders/{order_id}/execution")
            if answer.status != 200:
                raise ApiError(f"GET /orders/{order_id}/execution: {answer.status} {answer.body}")
            if answer.body["status"] != "RUNNING":
                return answer
            if time.monotonic() > deadline:
                raise ApiError(
                    f"Order {order_id} still is at {answer.body['currentState']} "
                    f"after {patience:.0f} s."
                )
            time.sleep(answer.retry_after or 1.0)

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **more}
