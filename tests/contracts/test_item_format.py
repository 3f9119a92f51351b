"""Formats of items: the last two are read, the current one is written.

No item type of the shop has had a third format; the one of this file has.
"""

from typing import Any

import pytest

from contracts.item_format import ItemFormat, UnknownFormat, format_of

AMOUNT = ItemFormat(2, lambda old: {**old, "currency": "EUR"})


def _priced(old: Any) -> dict[str, Any]:
    rest = {name: value for name, value in old.items() if name not in ("amount", "currency")}
    return {**rest, "price": {"amount": old["amount"], "currency": old["currency"]}}


PRICE = ItemFormat(3, _priced)
"""Not even additive: two attributes became one."""
FIRST = {"PK": "A", "SK": "B", "amount": 5}
SECOND = {**FIRST, "currency": "EUR", "v": 2}
THIRD = {"PK": "A", "SK": "B", "price": {"amount": 5, "currency": "EUR"}, "v": 3}


def test_an_item_without_a_number_is_of_the_first_format() -> None:
    assert [format_of(item) for item in (FIRST, SECOND, THIRD)] == [1, 2, 3]


def test_the_current_format_and_the_one_before_are_read() -> None:
    assert AMOUNT.read(FIRST) == AMOUNT.read(SECOND) == SECOND
    assert PRICE.read(SECOND) == PRICE.read(THIRD) == THIRD


def test_what_was_read_is_not_changed() -> None:
    before = dict(FIRST)
    AMOUNT.read(FIRST)["currency"] = "USD"
    assert before == FIRST


@pytest.mark.parametrize(
    ("form", "item"), [(PRICE, FIRST), (AMOUNT, THIRD)], ids=["older", "newer"]
)
def test_any_other_format_is_refused(form: ItemFormat, item: dict[str, Any]) -> None:
    with pytest.raises(UnknownFormat, match=f"A B is of format {format_of(item)}"):
        form.read(item)


def test_a_written_item_says_its_format() -> None:
    assert AMOUNT.written({"amount": 5, "currency": "EUR"}) == {
        "amount": 5,
        "currency": "EUR",
        "v": 2,
    }
