"""Have the search domain of a stage give each function what it asks for, and no more.

scripts/shop --stage dev access

A new domain knows one role, which may do everything; who else may do what is told here, once and
after every deployment that has replaced a role (`make deploy` does it). It replaces what was told
before, so it can be repeated.
"""

import argparse
import sys

from opensearchpy import OpenSearch
from opensearchpy.exceptions import OpenSearchException

from functions.search.roles import FOREIGN, ROLES
from scripts.kit.engine import OPERATOR, through
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import fact

_API = "/_plugins/_security/api"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: this verb has no options."""


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - it has no options
    """Tell the domain; exit code 1 if it does not take it."""
    endpoints = load_endpoints()
    functions = endpoints.clients().functions

    def configured(name: str) -> str:
        """The IAM role of a function."""
        found = functions.get_function_configuration(FunctionName=endpoints.function(name))
        return found["Role"]

    operator = functions.get_function_configuration(FunctionName=endpoints.function(OPERATOR))
    if not operator["Environment"]["Variables"]["SEARCH_ENDPOINT"].startswith("https://"):
        print("This stage has no search domain of its own: there is nobody to tell.")
        return 0
    try:
        grant(through(functions, operator["FunctionName"]), {n: configured(n) for n in ROLES})
    except OpenSearchException as error:
        print(f"Not done: {error}", file=sys.stderr)
        return 1
    return 0


def grant(engine: OpenSearch, arns: dict[str, str]) -> None:
    """Put each function's role and who has it.

    Args:
        arns: of IAM roles, by function.
    """
    ask = engine.transport.perform_request
    for name, permissions in ROLES.items():
        ask("PUT", f"{_API}/roles/{name}", body=permissions)
        ask("PUT", f"{_API}/rolesmapping/{name}", body={"backend_roles": [arns[name]]})
        fact(name, arns[name])
    for name in FOREIGN:
        for kind in ("rolesmapping", "roles"):
            ask("DELETE", f"{_API}/{kind}/{name}", params={"ignore": (404,)})
