"""Items to DynamoDB's JSON and back: the same as boto3's own, and loud about anything else."""

from enum import StrEnum
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.dynamodb import from_attributes, to_attributes

_VALUES = st.recursive(
    st.text() | st.integers(-(10**37), 10**37) | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=8,
)


class _Word(StrEnum):
    PENDING = "PENDING"


@given(st.dictionaries(st.text(min_size=1), _VALUES.filter(lambda value: value is not None)))
def test_items_are_written_as_boto3_writes_them(item: dict[str, Any]) -> None:
    attributes = to_attributes(item)
    assert attributes == {name: TypeSerializer().serialize(v) for name, v in item.items()}
    assert from_attributes(attributes) == item


def test_none_is_left_out_and_a_word_of_an_enum_is_text() -> None:
    assert to_attributes({"a": None, "b": _Word.PENDING, "c": ()}) == {
        "b": {"S": "PENDING"},
        "c": {"L": []},
    }


@pytest.mark.parametrize("value", [1.5, b"bytes", {"set"}, [object()]])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="items hold no"):
        to_attributes({"a": value})


@pytest.mark.parametrize("value", [b"bytes", {"one", "two"}, {1, 2}])
def test_other_attributes_are_refused(value: object) -> None:
    attribute = TypeSerializer().serialize(value)
    assert TypeDeserializer().deserialize(attribute)
    with pytest.raises(TypeError, match="items hold no attribute of type"):
        from_attributes({"a": attribute})
