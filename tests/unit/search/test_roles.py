"""What a search domain lets each function do, beside what its own policy lets it ask."""

from functions.search.index import ALIAS, PREFIX
from functions.search.roles import ROLES

ACTIONS = {
    "GET /_alias": "indices:admin/aliases/get",
    "POST /_bulk": "indices:data/write/bulk",
    "POST /products/_search": "indices:data/read/search",
    "PUT /products-first": "indices:admin/create",
}
"""What the engine calls what a function asks of it.
Source: names of the transport actions in the OpenSearch documentation, "Permissions".
"""


def _actions(function: str) -> set[str]:
    role = ROLES[function]
    granted = {a for one in role["index_permissions"] for a in one["allowed_actions"]}
    return granted | set(role["cluster_permissions"])


def test_a_role_allows_what_its_function_asks_for() -> None:
    assert _actions("SearchApi") == {ACTIONS["POST /products/_search"]}
    asked = ("GET /_alias", "POST /_bulk", "PUT /products-first")
    assert _actions("IndexProducts") >= {ACTIONS[one] for one in asked}


def test_nobody_reads_or_writes_what_is_no_index_of_products() -> None:
    for name, role in ROLES.items():
        for one in role["index_permissions"]:
            touches = [a for a in one["allowed_actions"] if a != ACTIONS["GET /_alias"]]
            if touches:
                assert set(one["index_patterns"]) == {ALIAS, f"{PREFIX}*"}, name


def test_nobody_deletes_or_looks_after_the_engine() -> None:
    granted = {action for name in ROLES for action in _actions(name)}
    assert not {a for a in granted if "delete" in a or a in ("*", "indices:*", "cluster:*")}
