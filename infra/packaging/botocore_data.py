"""botocore's service models, cut to the operations that the functions call.

A client parses its whole model when it is built: DynamoDB's has 57 operations, of which a shop
needs seven. What is not listed here does not exist in the package; a test compares the list with
the calls in the code.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

OPERATIONS: Final[dict[str, frozenset[str]]] = {
    "cloudfront": frozenset({"CreateInvalidation"}),
    "cognito-idp": frozenset({"AdminGetUser", "AdminUpdateUserAttributes"}),
    "dynamodb": frozenset(
        {
            "BatchGetItem",
            "DeleteItem",
            "PutItem",
            "Query",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
        }
    ),
    "events": frozenset({"PutEvents"}),
    "lambda": frozenset({"Invoke"}),
    "secretsmanager": frozenset({"GetSecretValue"}),
    "sesv2": frozenset({"SendEmail"}),
    "sqs": frozenset(
        {
            "ChangeMessageVisibility",
            "DeleteMessage",
            "ReceiveMessage",
            "SendMessage",
            "StartMessageMoveTask",
        }
    ),
    "stepfunctions": frozenset({"DescribeExecution", "StartExecution"}),
}
"""Operations by service, as botocore names both."""

_ENDPOINT_NAMES: Final = frozenset(
    {
        "cloudfront",
        "cognito-idp",
        "dynamodb",
        "email",
        "events",
        "lambda",
        "secretsmanager",
        "sqs",
        "states",
    }
)
"""The same services, as botocore's endpoint list names them."""


def trimmed_data(data: Path) -> dict[str, bytes]:
    """Files of `botocore/data` that a package holds, by their path below it.

    No endpoint rule sets: without them botocore takes the address from its endpoint list, which
    names the same one for every service and region here (a test compares them), and a call costs
    an eighth less CPU.
    """
    files = {
        name: (data / name).read_bytes()
        for name in ("_retry.json", "partitions.json", "sdk-default-configuration.json")
    }
    files["endpoints.json"] = _dump(_trim_endpoints(_load(data / "endpoints.json")))
    for service, operations in OPERATIONS.items():
        version = max(p.parent for p in (data / service).glob("*/service-2.json.gz"))
        folder = f"{service}/{version.name}"
        model = _trim_model(_load(version / "service-2.json.gz"), operations)
        files[f"{folder}/service-2.json"] = _dump(model)
    return files


def _trim_endpoints(endpoints: dict[str, Any]) -> dict[str, Any]:
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {n: services[n] for n in services if n in _ENDPOINT_NAMES}
    return endpoints


def _trim_model(model: dict[str, Any], operations: frozenset[str]) -> dict[str, Any]:
    model["operations"] = {name: model["operations"][name] for name in sorted(operations)}
    pending = list(_shapes_named_in(model["operations"]))
    kept: dict[str, Any] = {}
    while pending:
        name = pending.pop()
        if name not in kept:
            kept[name] = model["shapes"][name]
            pending.extend(_shapes_named_in(kept[name]))
    model["shapes"] = kept
    stripped: dict[str, Any] = _without_documentation(model)
    return stripped


def _shapes_named_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _shapes_named_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _shapes_named_in(value)


def _without_documentation(node: Any) -> Any:
    """The model without its texts. A member may itself be named `documentation`: that is a dict."""
    if isinstance(node, dict):
        return {
            key: _without_documentation(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_documentation(value) for value in node]
    return node


def _load(path: Path) -> dict[str, Any]:
    raw = path.read_bytes()
    loaded: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return loaded


def _dump(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
