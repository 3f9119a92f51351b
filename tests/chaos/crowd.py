"""Customers who place, repeat and cancel orders; operators who stop and resume executions."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from contracts.ids import order_id as order_id_of
from contracts.ids import refund_id as refund_id_of
from functions.shared.clock import utc_now
from scripts.kit.customer import Answer, ApiError, Customer
from scripts.kit.executions import PLACE, execution_arn
from scripts.kit.failures import UNDERWAY, Failures, Verdict
from tests.chaos.plan import Fate, Planned
from tests.chaos.stage import Stage

REPEATS: Final = 40
"""How often a patient customer sends a request that is not answered."""
PAUSE: Final = (0.2, 1.0)  # seconds
REFUND_REPEATS: Final = 8
TOO_MANY: Final = 429
THREADS: Final = 32
LINGER: Final = 20.0  # seconds
RECENT: Final = 20
CROWDED: Final = 15
FEW: Final = 5


@dataclass
class Placed:
    """What the shop has said about an order that somebody tried to place.

    Attributes:
        accepted: a request was answered with 202.
        cancelled: a request to cancel it was answered with 202.
        refunded: a request to refund a part of it was answered with 202.
        wrong: answers that no customer should get.
    """

    planned: Planned
    order_id: str
    accepted: bool = False
    cancelled: bool = False
    refunded: bool = False
    wrong: list[str] = field(default_factory=list)

    @property
    def refund_id(self) -> str:
        """The id that its refund has, if there is one."""
        return refund_id_of(self.order_id, self.planned.key)


class Crowd:
    """Everybody who uses the shop meanwhile.

    Args:
        customer: in whose name all orders are placed; `subject` is their id in the user pool.
        operator: refunds parts of orders.
    """

    def __init__(
        self,
        stage: Stage,
        customer: Customer,
        subject: str,
        operator: Customer,
        plan: Sequence[Planned],
    ) -> None:
        self.placed = [Placed(planned, order_id_of(subject, planned.key)) for planned in plan]
        self.done: Counter[str] = Counter()
        self._came: list[str] = []
        self._stage = stage
        self._machine = stage.endpoints.state_machines[PLACE]
        self._states = stage.clients.states
        self._failures = Failures(stage.endpoints, stage.clients)
        self._customer, self._operator = customer, operator
        self._counting = threading.Lock()
        self._closing = threading.Event()

    def come(self, a_second: float, progress: Callable[[int], None]) -> None:
        """Everybody comes at a steady rate; returns when all have done what they wanted.

        Args:
            progress: told how many have come.
        """
        futures: list[Future[None]] = []
        with ThreadPoolExecutor(THREADS) as pool, self._sent_home_if_interrupted(pool):
            began = time.monotonic()
            for number, placed in enumerate(self.placed):
                time.sleep(max(0.0, began + number / a_second - time.monotonic()))
                if number % RECENT == RECENT - 1:
                    self._wait_until_open(CROWDED, number)
                self._came.append(placed.order_id)
                progress(len(self._came))
                futures.append(pool.submit(self._live, placed))
                if placed.planned.twice:
                    futures.append(pool.submit(self._place, placed))
            for future in futures:
                future.result()

    @contextlib.contextmanager
    def _sent_home_if_interrupted(self, pool: ThreadPoolExecutor) -> Iterator[None]:
        """Ctrl-C does not wait for those who are patient."""
        try:
            yield
        except KeyboardInterrupt:
            self._closing.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise

    def wait_for_most(self) -> None:
        """Waits, not for ever, until few sagas are under way."""
        self._wait_until_open(FEW, len(self.placed))

    def _wait_until_open(self, most: int, came: int) -> None:
        """Waits, not for ever, until so few of the latest sagas are under way: on a machine that is
        busy with something else, more orders would only be more time-outs."""
        deadline = time.monotonic() + LINGER
        ids = [placed.order_id for placed in self.placed[:came]][-2 * RECENT :]
        while sum(order.saga_open for order in self._stage.orders(ids)) > most:
            if time.monotonic() > deadline:
                return
            time.sleep(PAUSE[0])

    def latest(self, count: int) -> list[str]:
        """The orders that were placed last, or are about to be."""
        return self._came[-count:]

    def _live(self, placed: Placed) -> None:
        self._place(placed)
        fate = placed.planned.fate
        if not placed.accepted or fate is Fate.KEPT:
            return
        time.sleep(placed.planned.after)
        if fate is Fate.CANCELLED:
            self._cancel(placed)
        elif fate is Fate.REFUNDED:
            self._refund(placed)
        else:
            self._stop(placed.order_id, resume=fate is Fate.RESUMED)

    def _place(self, placed: Placed) -> None:
        planned = placed.planned
        answer = self._ask(
            lambda: self._customer.place(planned.body, planned.key), patient=planned.patient
        )
        if answer is None:
            self._count("customers left without an answer")
        elif answer.status != 202 or answer.body["orderId"] != placed.order_id:
            placed.wrong.append(f"POST /orders answered {answer.status} {answer.body}")
        else:
            placed.accepted = True

    def _cancel(self, placed: Placed) -> None:
        path = f"/orders/{placed.order_id}/cancel"
        answer = self._ask(lambda: self._customer.post(path), patient=True)
        if answer is None:
            self._count("customers left without an answer")
        elif answer.status == 202:
            placed.cancelled = True
            self._count("orders cancelled by customers")
        elif answer.status == 409:
            self._count("cancels refused")
        else:
            placed.wrong.append(f"POST {path} answered {answer.status} {answer.body}")

    def _refund(self, placed: Placed) -> None:
        """Asks again while the order is not confirmed yet, and not for ever: it may never be."""
        line = {**placed.planned.body["items"][0], "quantity": 1}
        body, path = {"lines": [line], "restock": True}, f"/orders/{placed.order_id}/refunds"
        for _ in range(REFUND_REPEATS):
            answer = self._ask(
                lambda: self._operator.send("POST", path, body, Idempotency_Key=placed.planned.key),
                patient=True,
            )
            if answer is None or answer.status != 409:
                break
            time.sleep(PAUSE[1])
        if answer is None or answer.status == 409:
            self._count("refunds given up")
        elif answer.status == 202 and answer.body["refundId"] == placed.refund_id:
            placed.refunded = True
            self._count("refunds of a part")
        else:
            placed.wrong.append(f"POST {path} answered {answer.status} {answer.body}")

    def _ask(self, ask: Callable[[], Answer], *, patient: bool) -> Answer | None:
        """The first answer that is the shop's own; None if none came."""
        for _ in range(REPEATS if patient else 1):
            try:
                answer = ask()
            except ApiError:
                self._count("connections lost")
            else:
                if answer.status < 500 and answer.status != TOO_MANY:
                    return answer
                self._count("requests answered 5xx or 429")
            if self._closing.wait(random.uniform(*PAUSE)):
                break
        return None

    def _stop(self, order_id: str, *, resume: bool) -> None:
        arn = execution_arn(self._machine, order_id)
        if self._failures.read(arn) is None or self._failures.status(arn) not in UNDERWAY:
            return
        self._states.stop_execution(executionArn=arn, error="Operator")
        self._count("executions stopped by operators")
        found = self._failures.read(arn)
        if not resume or found is None:
            return
        if self._failures.verdict(found, utc_now()) is Verdict.REDRIVE:
            self._count("executions redriven at once", self._failures.redrive(found))

    def _count(self, what: str, number: int = 1) -> None:
        with self._counting:
            self.done[what] += number
