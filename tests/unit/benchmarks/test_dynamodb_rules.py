"""What DynamoDB charges: each published rule by an example that can be counted by hand."""

from typing import Any

import pytest

from tests.benchmarks.cost.dynamodb_rules import Index, item_size, read_units, write_units

KEYS_ONLY = Index("GSI1", "GSI1PK", "GSI1SK", frozenset())
WHOLE = Index("GSI1", "GSI1PK", "GSI1SK", None)


def _item(size: int, **more: Any) -> dict[str, Any]:
    """An item of so many bytes."""
    item = {"PK": {"S": "p"}, "SK": {"S": "s"}, **more}
    return item | {"x": {"S": "x" * (size - item_size(item) - 1)}}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"name": {"S": "abc"}}, 7),
        ({"name": {"S": "äö"}}, 8),  # bytes of UTF-8
        ({"n": {"N": "0"}}, 2),
        ({"n": {"N": "7"}}, 3),
        ({"n": {"N": "12345"}}, 5),
        ({"n": {"N": "1200"}}, 3),  # zeroes at the ends are not kept
        ({"b": {"BOOL": True}}, 2),
        ({"m": {"M": {}}}, 4),
        ({"m": {"M": {"ab": {"S": "cd"}}}}, 9),  # 1 + 3 + (2 + 2) + 1 for the element
        ({"l": {"L": [{"S": "a"}, {"S": "b"}]}}, 8),  # 1 + 3 + 2 x (1 + 1)
    ],
)
def test_size_of_an_item(item: dict[str, Any], size: int) -> None:
    assert item_size(item) == size


@pytest.mark.parametrize(("size", "units"), [(10, 1), (1024, 1), (1025, 2), (2049, 3)])
def test_a_write_costs_a_unit_for_each_kilobyte(size: int, units: int) -> None:
    assert write_units(None, _item(size), transactional=False) == units
    assert write_units(None, _item(size), transactional=True) == 2 * units


def test_the_larger_of_before_and_after_counts() -> None:
    assert write_units(_item(1500), _item(200), transactional=False) == 2
    assert write_units(_item(200), _item(1500), transactional=False) == 2
    assert write_units(_item(1500), None, transactional=False) == 2  # a delete
    assert write_units(None, None, transactional=True) == 2  # a check of what is not there


@pytest.mark.parametrize(("size", "units"), [(10, 1), (4096, 1), (4097, 2)])
def test_a_read_costs_a_unit_for_each_four_kilobytes(size: int, units: int) -> None:
    assert read_units(_item(size), consistent=True) == units
    assert read_units(_item(size), consistent=False) == units / 2
    assert read_units(_item(size), consistent=True, transactional=True) == 2 * units


def test_a_missing_item_is_read_for_one_unit() -> None:
    assert read_units(None, consistent=True) == 1


def _indexed(key: str, size: int = 100, **more: Any) -> dict[str, Any]:
    return _item(size, GSI1PK={"S": key}, GSI1SK={"S": "1"}, **more)


def test_an_index_is_written_when_an_item_comes_moves_or_goes() -> None:
    assert KEYS_ONLY.units(None, _indexed("a")) == 1
    assert KEYS_ONLY.units(_indexed("a"), _indexed("b")) == 2
    assert KEYS_ONLY.units(_indexed("a"), None) == 1
    assert KEYS_ONLY.units(_indexed("a"), _item(100)) == 1  # it left a sparse index


def test_an_index_costs_nothing_that_projects_nothing_of_a_change() -> None:
    assert KEYS_ONLY.units(_indexed("a", 100), _indexed("a", 3000)) == 0
    assert KEYS_ONLY.units(_item(100), _item(200)) == 0  # never was in it


def test_an_index_pays_for_what_it_projects() -> None:
    assert KEYS_ONLY.units(None, _indexed("a", 3000)) == 1
    assert WHOLE.units(None, _indexed("a", 3000)) == 3
    assert WHOLE.units(_indexed("a", 100), _indexed("a", 3000)) == 3
    status = Index("GSI1", "GSI1PK", "GSI1SK", frozenset({"status"}))
    old, new = (_indexed("a", status={"S": s}) for s in ("PENDING", "CONFIRMED"))
    assert status.units(old, new) == 1
