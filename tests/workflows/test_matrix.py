"""The matrix itself: its cases are as many as they should be, and its document tells of them."""

from collections.abc import Callable

import pytest

from tests.interleavings.test_guards import GUARDS as INTERLEAVED
from tests.support.moto_functions import Answer, Attempt
from tests.support.moto_taps import Call
from tests.workflows.matrix import report
from tests.workflows.matrix.cases import (
    TASKS,
    Case,
    Kind,
    calls,
    case,
    everything,
    singles,
    undisturbed,
)
from tests.workflows.matrix.guards import GUARDS
from tests.workflows.matrix.running import Course, Shop
from tests.workflows.model.protocol import GUARDS as MODEL


def test_every_task_meets_every_fault() -> None:
    met = {(fault.task, fault.kind) for one in singles() for fault in one.faults}
    assert met == {(task, kind) for task in TASKS for kind in Kind}


def test_a_case_is_found_by_its_name() -> None:
    cases = everything()
    assert len({str(one) for one in cases}) == len(cases) >= 1000
    assert all(case(str(one)) == one for one in cases)


@pytest.mark.parametrize("text", ["", "one/confirmed", "one/confirmed/ChargePayment:tired"])
def test_an_unknown_case_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no case of the matrix"):
        case(text)


@pytest.mark.parametrize("one", undisturbed(), ids=str)
def test_the_calls_of_each_task_are_those_that_faults_strike(shop: Shop, one: Case) -> None:
    made: dict[str, list[str]] = {}
    course, saga = Course(shop, one), shop.saga
    within: list[str] = []

    def listen() -> None:
        inner = saga.functions.run

        def run(attempt: Attempt, work: Callable[[], Answer]) -> Answer:
            def heard() -> Answer:
                within.append(attempt.task)
                try:
                    return work()
                finally:
                    within.clear()

            return inner(attempt, heard)

        def note(call: Call) -> None:
            for task in within:
                made.setdefault(task, []).append(call.operation)

        saga.functions.run, saga.taps.before = run, note

    try:
        course.run(listen)
    finally:
        course.forget()
    for task in one.outcome.calls:
        assert tuple(made[task]) == calls(one.shape, one.outcome, task)


def test_every_guard_of_the_model_stands_in_the_code() -> None:
    interleaved = {report.MODEL_OF.get(guard.name) for guard in INTERLEAVED}
    assert {guard.model for guard in GUARDS} | interleaved == {None, *MODEL}


def test_the_document_is_that_of_a_matrix_without_a_breach() -> None:
    written = report.DOCUMENT.read_text(encoding="utf-8")
    assert written == report.document(everything(), []), "say `make matrix`, and commit it"
