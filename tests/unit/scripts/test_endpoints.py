"""The endpoints file: its form, which people script against, and who may read it."""

import json
import stat
from pathlib import Path

import pytest

from scripts.kit.endpoints import Endpoints, EndpointsError, User

CONTENT = {
    "api": "http://127.0.0.1:4600/_aws/execute-api/a1",
    "aws": "http://127.0.0.1:4600",
    "region": "us-east-1",
    "accessKeyId": "local",
    "secretAccessKey": "local",
    "payments": "http://127.0.0.1:4601",
    "mail": "http://127.0.0.1:4600/_ministack/ses/messages",
    "opensearch": "http://127.0.0.1:4602",
    "redis": "127.0.0.1:4603",
    "stateMachines": {"PlaceOrder": "arn:aws:states:us-east-1:000000000000:stateMachine:P"},
    "tables": {"orders": "o", "inventory": "i", "catalog": "c"},
    "bus": "b",
    "archive": "a",
    "cognito": {"userPoolId": "pool", "clientId": "client"},
    "users": [
        {"username": "ada", "password": "p", "role": "customer"},
        {"username": "grace", "password": "q", "role": "operator"},
    ],
}


def test_the_file_has_the_documented_form_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    Endpoints.from_json(CONTENT).write(file)
    assert json.loads(file.read_text()) == CONTENT
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Endpoints.read(file) == Endpoints.from_json(CONTENT)
    Endpoints.from_json(CONTENT).write(file)


def test_a_missing_or_broken_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EndpointsError, match="make run"):
        Endpoints.read(tmp_path / "endpoints.json")
    (tmp_path / "endpoints.json").write_text("{}")
    with pytest.raises(EndpointsError, match="make run"):
        Endpoints.read(tmp_path / "endpoints.json")


def test_a_user_is_found_by_name_and_by_role() -> None:
    endpoints = Endpoints.from_json(CONTENT)
    assert endpoints.user("grace") == User("grace", "q", "operator")
    assert endpoints.user("operator").username == "grace"
    assert endpoints.user("customer").username == "ada"
    with pytest.raises(EndpointsError, match="ada, grace"):
        endpoints.user("nobody")
