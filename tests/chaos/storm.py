"""Kills and provider faults, one after the other, while the crowd is busy."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from functions.checkout.invariants import Account
from scripts.kit.customer import call
from tests.chaos.crowd import Crowd
from tests.chaos.glimpse import TASKS, Where, now, order_in_hand, where
from tests.chaos.plan import drawn
from tests.chaos.stage import Stage
from tests.chaos.workers import Workers, kill, stopped_at_work

SANDBOX: Final = "payment sandbox"
RELAY: Final = "OutboxRelay"
VICTIMS: Final = {
    "ChargePayment": 16,
    "ReserveInventory": 12,
    "ConfirmOrder": 16,
    "SendConfirmation": 12,
    "RejectOrder": 4,
    "ReleaseInventory": 4,
    "RefundPayment": 8,
    "PlaceOrderApi": 8,
    "CancelOrderApi": 3,
    "RefundOrderApi": 3,
    "IssueRefund": 5,
    "RestockInventory": 5,
    RELAY: 10,
    SANDBOX: 6,
}
"""How often each is tried, beside the others."""
SLOW_TO_RETURN: Final = {"EventLog": 3, "ReconcileExecution": 3}
"""Consumers of queues, whose messages come again only after minutes."""
WATCHED: Final = 5
"""Functions of which the first that is given work is killed."""
PATIENCE: Final = 1.0  # seconds to wait for a victim to be given work
DOWN: Final = 1.5  # seconds that the sandbox is away, at most
LATEST: Final = 100
"""Orders that a killed task may have had in hand."""
TIMED_OUT: Final = 9.0  # seconds: longer than the gateway waits for an answer
FAULTS: Final = {
    "error-before": 10,
    "error-after": 10,
    "drop-before": 10,
    "drop-after": 10,
    "status": 6,
    "latency": 3,
    "latency-after": 3,
    "decline": 2,
    "expire": 2,
}
"""Of the provider, by the names that its sandbox gives them."""
REQUESTS: Final = {
    "POST /v1/payment_intents": 2,
    "POST /v1/payment_intents/*/confirm": 4,
    "POST /v1/payment_intents/*/capture": 4,
    "POST /v1/payment_intents/*/cancel": 2,
    "POST /v1/refunds": 2,
    "GET /v1/payment_intents/*": 2,
}
CAPTURE: Final = "POST /v1/payment_intents/*/capture"


@dataclass
class Damage:
    """What was done.

    Attributes:
        kills: victim and where it stood → how often.
        faults: kind → how often one struck.
    """

    kills: Counter[tuple[str, Where]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def killed(self) -> int:
        """How many processes were killed."""
        return sum(self.kills.values())


class Storm:
    """Does damage from its beginning to its end.

    Args:
        patient: whether consumers of queues are killed as well.
        kill_every, fault_every: seconds between two kills or faults of the provider, on average.
    """

    def __init__(
        self,
        stage: Stage,
        crowd: Crowd,
        seed: int,
        *,
        kill_every: float,
        fault_every: float,
        patient: bool,
    ) -> None:
        self.damage = Damage()
        self._stage, self._crowd, self._seed = stage, crowd, seed
        self._deeds = ((self._kill, kill_every), (self._trouble, fault_every))
        cloud = stage.platform.record("cloud")
        if cloud is None:
            raise RuntimeError("the embedded cloud does not run")
        self._workers = Workers(cloud.pid, stage.endpoints.prefix)
        self._victims = {**VICTIMS, **(SLOW_TO_RETURN if patient else {})}
        self._faults = f"{stage.endpoints.payments}/_sandbox/faults"
        self._provider = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._errors: list[Exception] = []

    def __enter__(self) -> "Storm":
        for number, (deed, pause) in enumerate(self._deeds):
            rng = random.Random(f"{self._seed} {number}")
            thread = threading.Thread(target=self._repeat, args=(deed, pause, rng))
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._harvest()
        call(self._faults, "DELETE")
        if self._errors:
            raise self._errors[0]

    def _repeat(
        self, deed: Callable[[random.Random], None], pause: float, rng: random.Random
    ) -> None:
        try:
            while not self._over.wait(rng.expovariate(1 / pause)):
                deed(rng)
        except Exception as error:  # noqa: BLE001 - raised again where the storm ends
            self._errors.append(error)

    def _kill(self, rng: random.Random) -> None:
        victims = [drawn(rng, self._victims) for _ in range(WATCHED)]
        if victims[0] == SANDBOX:
            self._kill_provider(rng)
            return
        processes = self._workers.of(victims)
        process = stopped_at_work(processes, rng, PATIENCE)
        if process is not None:
            victim = processes[process]
            self.damage.kills[victim, self._finish(victim, process)] += 1

    def _finish(self, victim: str, process: psutil.Process) -> Where:
        """Kills a stopped process; says where its task stood."""
        seen: list[Account] = []
        try:
            if victim in TASKS:
                seen = self._stage.open_accounts(self._crowd.latest(LATEST))
        finally:
            moment = now()
            kill(process)
        if victim not in TASKS:
            return Where.AT_WORK
        hit = order_in_hand(self._stage, seen, moment)
        return where(victim, hit) if hit else Where.UNSEEN

    def _kill_provider(self, rng: random.Random) -> None:
        with self._provider:
            self._harvest()
            record = self._stage.platform.record("payments")
            if record is None or not record.alive:
                raise RuntimeError("the payment sandbox has ended by itself")
            os.kill(record.pid, signal.SIGKILL)
            self.damage.kills[SANDBOX, Where.AT_WORK] += 1
            time.sleep(rng.uniform(0, DOWN))
            self._stage.platform.start(lambda _: None)

    def _trouble(self, rng: random.Random) -> None:
        kind = drawn(rng, FAULTS)
        request = CAPTURE if kind in ("decline", "expire") else drawn(rng, REQUESTS)
        method, _, path = request.partition(" ")
        fault: dict[str, Any] = {"kind": kind, "method": method, "path": path}
        if kind.startswith("latency"):
            fault["seconds"] = TIMED_OUT
        elif kind == "status":
            fault["status"] = rng.choice([429, 503])
        with self._provider:
            call(self._faults, "POST", fault)

    def _harvest(self) -> None:
        """Counts the faults that have struck: a sandbox that is killed forgets them."""
        for fault in call(self._faults).body["data"]:
            if fault["struck"]:
                self.damage.faults[fault["kind"]] += fault["struck"]
