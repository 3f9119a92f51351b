"""What the functions call without botocore's endpoint rule sets is what they call with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from infra.packaging.botocore_data import OPERATIONS, trimmed_data

PATHS = {"cloudfront": {"DistributionId": "1"}, "lambda": {"FunctionName": "f"}}
"""What a service's operations cannot be routed without."""
REGIONS = ("us-east-1", "eu-central-1", "cn-north-1")


GLOBAL = {"cloudfront"}
"""Services that have one address for all regions; this one speaks XML."""


class _Empty:
    def __init__(self, service: str) -> None:
        self._content = b"<Empty/>" if service in GLOBAL else b"{}"

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    """botocore's data as a package holds it."""
    folder = tmp_path_factory.mktemp("data")
    for name, content in trimmed_data(Path(botocore.__file__).parent / "data").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return Loader([str(folder)], include_default_search_paths=False)


def _called(loader: Loader | None, service: str, operation: str, region: str) -> tuple[str, str]:
    """The address that an operation's request goes to, and the scope that it is signed for."""
    session = Session()
    if loader is not None:
        session.register_component("data_loader", loader)
    client: Any = session.create_client(
        service,
        region_name=region,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="none",
        config=Config(parameter_validation=False),
    )
    sent: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Empty(service))

    client.meta.events.register("before-send", answer)
    client._make_api_call(operation, PATHS.get(service, {}))
    scope: str = sent[0].headers["Authorization"].decode().split("Credential=")[1].split(",")[0]
    return str(sent[0].url), scope.split("/", 2)[2]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_the_address_is_the_same(packaged: Loader, service: str, region: str) -> None:
    operation = max(OPERATIONS[service])  # of DynamoDB one that needs no parameters to be routed
    with_rules = _called(None, service, operation, region)
    assert _called(packaged, service, operation, region) == with_rules
    assert region in with_rules[0] or service in GLOBAL
