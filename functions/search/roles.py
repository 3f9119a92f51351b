"""What a search domain lets each function do: its fine-grained access control as data.

`scripts/shop access` tells the engine. A function's own policy names the paths that it may ask
(`infra/table/search.py`); these name what the engine does for it.
Source: "Permissions" in the OpenSearch documentation of the security plugin, and which of them a
request needs by the plugin's own evaluation of privileges (opensearch-project/security,
`PrivilegesEvaluatorImpl`); "Fine-grained access control" of the OpenSearch Service guide.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from functions.search.index import ALIAS, PREFIX

_INDEXES: Final = (ALIAS, f"{PREFIX}*")


def _role(cluster: tuple[str, ...], indexes: Mapping[tuple[str, ...], tuple[str, ...]]) -> Any:
    return {
        "cluster_permissions": list(cluster),
        "index_permissions": [
            {"index_patterns": list(patterns), "allowed_actions": list(actions)}
            for patterns, actions in indexes.items()
        ],
    }


ROLES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "SearchApi": _role((), {_INDEXES: ("indices:data/read/search",)}),
        "IndexProducts": _role(
            # A bulk request is let in as a whole, then each shard's part by its index: as what it
            # is, and as the writes in it. An index that is made with aliases needs both actions.
            ("indices:data/write/bulk",),
            {
                _INDEXES: (
                    "indices:admin/create",
                    "indices:admin/aliases",
                    "indices:data/write/bulk*",
                    "indices:data/write/index",
                ),
                # Which aliases there are is asked of all indexes at once.
                ("*",): ("indices:admin/aliases/get",),
            },
        ),
    }
)
"""By function; each is mapped to that function's IAM role alone."""

FOREIGN: Final = ("default_role",)
"""Roles that the service may map to every signed request until one's own are there."""
