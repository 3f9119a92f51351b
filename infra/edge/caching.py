"""Which routes the edge may keep answers of, and by what it tells one answer from another.

Both follow from the table of operations: what anybody may GET, by the query parameters that it
reads and by nothing else. How long says the answer's own `Cache-Control`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.api import OPERATIONS
from contracts.api.rows import Operation, Who

PATTERNS: Final = ("/products/*", "/categories*", "/search*", "/docs", "/openapi.json")
"""Paths of the API whose GETs are public. Other methods below them are never cached."""


def keys() -> Mapping[str, frozenset[str]]:
    """By pattern: the query parameters that its GETs read."""
    return MappingProxyType(
        {
            pattern: frozenset(
                parameter.name
                for operation in OPERATIONS
                if cached(operation) and covers(pattern, operation.path)
                for parameter in operation.parameters
                if parameter.place == "query"
            )
            for pattern in PATTERNS
        }
    )


def cached(operation: Operation) -> bool:
    """Whether everybody gets the same answer."""
    return operation.method == "GET" and operation.who is Who.ANYBODY


def covers(pattern: str, path: str) -> bool:
    """Whether a path is below a pattern, whose only wildcard stands at its end."""
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
