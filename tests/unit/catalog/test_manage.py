"""Operators' routes: every change is one version and one event; what is wrong changes nothing."""

import copy
from typing import Any

import pytest

from functions.catalog.store import ProductMoved, category_key
from functions.shared.errors import Contended
from functions.shared.writes import Write
from tests.support.requests import Answer
from tests.unit.catalog.conftest import BLUE, MUG, TABLE, Shelf

PRODUCT = "/products/{productId}"
VARIANT = "/products/{productId}/variants/{variantId}"


def _edit(shelf: Shelf, body: object, if_match: str | None = None, **kwargs: Any) -> Answer:
    tag = shelf.get().headers["etag"] if if_match is None else if_match
    headers = {"If-Match": tag}
    return shelf.call(
        f"PATCH {PRODUCT}", path={"productId": "mug"}, body=body, headers=headers, **kwargs
    )


def _price(shelf: Shelf, body: object, if_match: str | None = None, variant: str = "red") -> Answer:
    tag = shelf.get().headers["etag"] if if_match is None else if_match
    path = {"productId": "mug", "variantId": variant}
    return shelf.call(f"PATCH {VARIANT}", path=path, body=body, headers={"If-Match": tag})


def _add(shelf: Shelf, body: object = BLUE) -> Answer:
    return shelf.call(f"POST {PRODUCT}/variants", path={"productId": "mug"}, body=body)


def _in_category(shelf: Shelf, category: str) -> int:
    item = shelf.database.item(TABLE, category_key(category))
    return item["products"] if item else 0


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def test_a_new_product_is_told_of_whole(mug: Shelf) -> None:
    (event,) = mug.events()
    assert event["metadata"]["aggregateId"] == "mug"
    assert event["metadata"]["aggregateVersion"] == 1
    assert event["data"] == {
        "productId": "mug",
        "status": "ACTIVE",
        "name": "Mug",
        "description": "Holds tea.",
        "category": "kitchen",
        "brand": "Kamin",
        "tags": ["tea"],
        "attributes": {"color": ["Red"]},
        "prices": {"lowest": 1250, "highest": 1250, "currency": "EUR"},
        "inStock": False,
        "ratingTenths": 0,
        "ratingCount": 0,
        "createdAt": "2026-01-05T12:00:01Z",
    }


def test_the_same_request_again_is_the_same_product(shelf: Shelf) -> None:
    first, second = shelf.create(), shelf.create()
    assert (first.status, first.headers["location"]) == (201, "/products/mug")
    assert (second.status, second.body) == (201, first.body)
    assert first.headers["etag"] == shelf.get().headers["etag"]
    assert len(shelf.events()) == 1
    assert _in_category(shelf, "kitchen") == 1


def test_another_product_of_the_same_id_or_sku_is_refused(mug: Shelf) -> None:
    before = copy.deepcopy(mug.database.tables)
    other = mug.create(name="Cup")
    assert (other.status, other.body["errors"][0]["pointer"]) == (409, "/productId")
    variants = [{**BLUE, "sku": "MUG-BLUE"}, {**MUG["variants"][0], "sku": "MUG-MUG-RED"}]
    taken = mug.create("jug", variants=variants)
    assert (taken.status, taken.body["errors"][0]["pointer"]) == (409, "/variants/1/sku")
    assert mug.database.tables == before


def test_each_change_is_a_version_and_an_event(mug: Shelf) -> None:
    assert _edit(mug, {"name": "Cup", "brand": None, "tags": ["tea", "gift", "tea"]}).status == 200
    assert _add(mug).status == 201
    assert _price(mug, {"price": euros(999)}).status == 200
    events = mug.events()
    assert [event["metadata"]["aggregateVersion"] for event in events] == [1, 2, 3, 4]
    assert mug.item().version == 4
    last = events[-1]["data"]
    assert (last["name"], last["brand"], last["tags"]) == ("Cup", None, ["tea", "gift"])
    assert last["prices"] == {"lowest": 999, "highest": 1350, "currency": "EUR"}
    assert last["attributes"] == {"color": ["Blue", "Red"]}


def test_a_change_that_changes_nothing_is_no_version(mug: Shelf) -> None:
    assert _edit(mug, {"name": "Mug"}).status == 200
    assert _price(mug, {"price": euros(1250)}).status == 200
    assert (_add(mug).status, _add(mug).status) == (201, 201)
    assert mug.item().version == 2


def test_answers_of_changes_carry_the_tag_for_the_next(mug: Shelf) -> None:
    tag = _edit(mug, {"name": "Cup"}).headers["etag"]
    tag = _price(mug, {"price": euros(1)}, tag).headers["etag"]
    assert _edit(mug, {"name": "Beaker"}, f'"other", W/{tag}').status == 200


def test_a_product_that_has_changed_since_is_not_overwritten(mug: Shelf) -> None:
    tag = mug.get().headers["etag"]
    _edit(mug, {"name": "Cup"}, tag)
    before = copy.deepcopy(mug.database.tables)
    for late in (_edit(mug, {"name": "Beaker"}, tag), _price(mug, {"price": euros(1)}, tag)):
        assert late.status == 412
        assert late.body["errors"][0]["header"] == "If-Match"
        assert late.headers["etag"] == mug.get().headers["etag"]
    assert mug.database.tables == before


def test_a_change_without_a_tag_is_refused(mug: Shelf) -> None:
    for refused in (_edit(mug, {"name": "Cup"}, ""), _price(mug, {"price": euros(1)}, "")):
        assert refused.status == 428
        assert refused.body["errors"][0]["header"] == "If-Match"
    assert mug.item().version == 1


def test_who_loses_the_race_between_reading_and_writing_gets_412(
    mug: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = mug.get().headers["etag"]
    transact = mug.database.transact

    def overtaken(writes: list[Write]) -> None:
        monkeypatch.setattr(mug.database, "transact", transact)
        mug.stock("MUG-MUG-RED", True, 1)
        transact(writes)

    monkeypatch.setattr(mug.database, "transact", overtaken)
    assert _edit(mug, {"name": "Cup"}, tag).status == 412
    assert mug.item().name == "Mug"


@pytest.mark.parametrize("lost", [ProductMoved(), Contended()])
def test_who_loses_once_decides_again(
    mug: Shelf, monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    transact = mug.database.transact

    def refused(writes: list[Write]) -> None:
        monkeypatch.setattr(mug.database, "transact", transact)
        raise lost

    monkeypatch.setattr(mug.database, "transact", refused)
    assert _add(mug).status == 201


def test_who_always_loses_is_asked_to_come_again(
    mug: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(writes: list[Write]) -> None:
        raise ProductMoved

    monkeypatch.setattr(mug.database, "transact", moved)
    refused = _add(mug)
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")


def test_a_move_to_another_category_is_counted_in_both(mug: Shelf) -> None:
    _edit(mug, {"category": "gifts"})
    assert (_in_category(mug, "kitchen"), _in_category(mug, "gifts")) == (0, 1)
    route = "GET /categories/{category}/products"
    assert mug.call(route, path={"category": "kitchen"}).body == {"products": []}
    assert len(mug.call(route, path={"category": "gifts"}).body["products"]) == 1


def test_a_retired_product_is_gone_for_good_and_told_of_once(mug: Shelf) -> None:
    for _ in range(2):
        gone = mug.call(f"DELETE {PRODUCT}", path={"productId": "mug"})
        assert (gone.status, gone.body) == (204, None)
    assert [event["data"]["status"] for event in mug.events()] == ["ACTIVE", "RETIRED"]
    assert _in_category(mug, "kitchen") == 0
    assert _edit(mug, {"name": "Cup"}, "*").status == 404
    assert _add(mug).status == 404
    again = mug.create()
    assert (again.status, again.body["errors"][0]["pointer"]) == (409, "/productId")


def test_a_retired_variant_is_left_out_and_its_sku_stays_its_own(mug: Shelf) -> None:
    _add(mug)
    path = {"productId": "mug", "variantId": "red"}
    assert mug.call(f"DELETE {VARIANT}", path=path).status == 204
    assert [variant["variantId"] for variant in mug.get().body["variants"]] == ["blue"]
    assert mug.events()[-1]["data"]["prices"]["lowest"] == 1350
    assert _price(mug, {"price": euros(1)}).status == 404
    again = _add(mug, {**BLUE, "variantId": "red-2", "sku": "MUG-MUG-RED"})
    assert (again.status, again.body["errors"][0]["pointer"]) == (409, "/sku")


def test_without_variants_that_are_sold_there_is_no_price(mug: Shelf) -> None:
    mug.manage.retire_variant("mug", "red")
    data = mug.events()[-1]["data"]
    assert (data["prices"], data["attributes"], data["inStock"]) == (None, {}, False)
    assert mug.get().body["variants"] == []


def test_what_does_not_exist_is_404(shelf: Shelf) -> None:
    assert _edit(shelf, {"name": "Cup"}, "*").status == 404
    assert _add(shelf).status == 404
    assert shelf.call(f"DELETE {PRODUCT}", path={"productId": "mug"}).status == 404
    shelf.create()
    assert _price(shelf, {"price": euros(1)}, variant="blue").status == 404
    path = {"productId": "mug", "variantId": "blue"}
    assert shelf.call(f"DELETE {VARIANT}", path=path).status == 404


def test_limits_of_a_product(mug: Shelf) -> None:
    variants = [{**BLUE, "variantId": f"v-{n}", "sku": f"V-{n}"} for n in range(41)]
    assert mug.create("many", variants=variants).status == 422
    assert mug.create("many", variants=variants[:40]).status == 201
    path = {"productId": "many"}
    full = mug.call(f"POST {PRODUCT}/variants", path=path, body=variants[40])
    assert (full.status, full.body["errors"][0]["pointer"]) == (422, "/variantId")


def _changed(path: str, value: object) -> dict[str, Any]:
    body = copy.deepcopy(MUG)
    *parents, leaf = [int(p) if p.isdigit() else p for p in path.split(".")]
    target: Any = body
    for part in parents:
        target = target[part]
    target[leaf] = value
    return body


RED = MUG["variants"][0]
WRONG: list[tuple[str, object, str]] = [
    ("productId", "Mug 1", "/productId"),
    ("productId", None, "/productId"),
    ("name", "", "/name"),
    ("name", "M\x00ug", "/name"),
    ("name", "two\nlines", "/name"),
    ("name", "x" * 81, "/name"),
    ("description", "x" * 4001, "/description"),
    ("description", "bell \x07", "/description"),
    ("description", "\u202egnp.exe", "/description"),
    ("category", "Kitchen!", "/category"),
    ("tags", ["a"] * 21, "/tags"),
    ("tags", "tea", "/tags"),
    ("tags", [1], "/tags/0"),
    ("price", 1, "/price"),
    ("version", 7, "/version"),
    ("ratingSum", 5, "/ratingSum"),
    ("inStock", True, "/inStock"),
    ("variants", [], "/variants"),
    ("variants.0.sku", "mug red", "/variants/0/sku"),
    ("variants.0.price.amount", -1, "/variants/0/price/amount"),
    ("variants.0.price.amount", 0, "/variants/0/price/amount"),
    ("variants.0.price.amount", 12.5, "/variants/0/price/amount"),
    ("variants.0.price.amount", "1250", "/variants/0/price/amount"),
    ("variants.0.price.amount", 10**30, "/variants/0/price/amount"),
    ("variants.0.price.currency", "euro", "/variants/0/price/currency"),
    ("variants.0.price.currency", "XXX", "/variants/0/price/currency"),
    ("variants.0.price.currency", "ISK", "/variants/0/price/currency"),
    ("variants.0.inStock", True, "/variants/0/inStock"),
    ("variants.0.attributes", {"Color": "x"}, "/variants/0/attributes/Color/[key]"),
    ("variants.0.attributes", {"color": "\x1b[0m"}, "/variants/0/attributes/color"),
    ("variants", [RED, {**BLUE, "variantId": "red"}], "/variants/1/variantId"),
    ("variants", [RED, {**BLUE, "sku": RED["sku"]}], "/variants/1/sku"),
    (
        "variants",
        [RED, {**BLUE, "price": {"amount": 1, "currency": "SEK"}}],
        "/variants/1/price/currency",
    ),
]


@pytest.mark.parametrize(("path", "value", "pointer"), WRONG)
def test_a_wrong_field_of_a_new_product_is_named(
    shelf: Shelf, path: str, value: object, pointer: str
) -> None:
    refused = shelf.call("POST /products", body=_changed(path, value))
    assert refused.status == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in refused.body["errors"]]
    assert shelf.database.tables == {}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"name": None}, "/name"),
        ({"productId": "cup"}, "/productId"),
        ({"status": "RETIRED"}, "/status"),
        ({"name": "x" * 81}, "/name"),
        ({"category": None}, "/category"),
        ([], ""),
    ],
)
def test_a_wrong_change_of_a_product_is_named(mug: Shelf, body: object, pointer: str) -> None:
    refused = _edit(mug, body)
    assert refused.status == 422
    assert pointer in [error["pointer"] for error in refused.body["errors"]]
    assert mug.item().version == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"price": None}, "/price"),
        ({"price": -1}, "/price"),
        ({"price": euros(-1)}, "/price/amount"),
        ({"price": euros(0)}, "/price/amount"),
        ({"price": {"amount": 1, "currency": "XXX"}}, "/price/currency"),
        ({"price": {"amount": 1, "currency": "SEK"}}, "/price/currency"),
        ({"price": {"amount": 1}}, "/price/currency"),
        ({"sku": "MUG-2"}, "/sku"),
        ({"attributes": {f"a-{n}": "x" for n in range(11)}}, "/attributes"),
    ],
)
def test_a_wrong_change_of_a_variant_is_named(mug: Shelf, body: object, pointer: str) -> None:
    refused = _price(mug, body)
    assert refused.status == 422
    assert pointer in [error["pointer"] for error in refused.body["errors"]]
    assert mug.item().version == 1


def test_a_body_that_is_no_json_or_too_large(shelf: Shelf) -> None:
    assert shelf.call("POST /products", body="{").status == 400
    assert shelf.call("POST /products", body=_changed("name", "x" * 70_000)).status == 413


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", PRODUCT),
        ("DELETE", PRODUCT),
        ("POST", f"{PRODUCT}/variants"),
        ("PATCH", VARIANT),
        ("DELETE", VARIANT),
    ],
)
def test_a_malformed_id_is_named(shelf: Shelf, method: str, path: str) -> None:
    body = {"name": "Cup"} if method == "PATCH" else BLUE
    bad = {"productId": "Mug", "variantId": "red"}
    refused = shelf.call(f"{method} {path}", path=bad, body=body, headers={"If-Match": "*"})
    assert (refused.status, refused.body["errors"][0]["parameter"]) == (400, "productId")


@pytest.mark.parametrize("method", ["POST /products", f"PATCH {PRODUCT}", f"DELETE {PRODUCT}"])
def test_customers_change_no_products(mug: Shelf, method: str) -> None:
    customer = {"token_use": "access", "sub": "customer-1", "cognito:groups": "[customer]"}
    refused = mug.call(method, path={"productId": "mug"}, body={}, claims=customer)
    assert refused.status == 403
    assert mug.call(method, path={"productId": "mug"}, body={}, claims={}).status == 401
