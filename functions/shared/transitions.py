"""Tables of allowed moves, one for each state machine: the conditions of writes come from them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from boto3.dynamodb.conditions import Attr, ConditionBase

State = TypeVar("State", bound=StrEnum)


def sources(transitions: Mapping[State, frozenset[State]], to: State) -> tuple[State, ...]:
    """The states from which `to` may be reached, in the order of the table."""
    return tuple(state for state, following in transitions.items() if to in following)


def moved_from(attribute: str, *states: StrEnum) -> ConditionBase:
    """The condition of a move: the attribute holds one of the states that are left by it."""
    return Attr(attribute).is_in([str(state) for state in states])
