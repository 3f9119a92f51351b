"""The kill test from its first order to its verdict."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from functions.shared.clock import utc_now
from scripts.kit.customer import Customer
from scripts.kit.executions import Executions
from scripts.kit.progress import Progress
from scripts.kit.records import Records
from scripts.kit.terminal import table
from scripts.ops.order import show_page
from tests.chaos.calm import Calm
from tests.chaos.crowd import Crowd
from tests.chaos.glimpse import Where
from tests.chaos.plan import plan
from tests.chaos.stage import Stage
from tests.chaos.storm import Damage, Storm
from tests.chaos.verdict import Finding, Judge, Verdict

PAGES: Final = 5
"""Orders that are shown whole, of those with which something is wrong."""


@dataclass(frozen=True)
class Settings:
    """How hard it is.

    Attributes:
        a_second: orders.
        kill_every: seconds between two kills, on average.
        fault_every: seconds between two faults of the provider, on average.
        patience: seconds until an order or event that does not come to its end is given up.
        consumers: whether consumers of queues are killed too: their messages come again late.
    """

    seed: int
    orders: int
    a_second: float
    kill_every: float
    fault_every: float
    patience: float
    consumers: bool

    @classmethod
    def short(cls, seed: int, orders: int = 60) -> "Settings":
        """For `make test`."""
        return cls(
            seed, orders, a_second=6, kill_every=0.2, fault_every=0.5, patience=120, consumers=False
        )

    @classmethod
    def long(cls, seed: int, orders: int = 1000) -> "Settings":
        """For `make chaos`."""
        return cls(
            seed, orders, a_second=4, kill_every=0.3, fault_every=0.8, patience=600, consumers=True
        )


@dataclass(frozen=True)
class Outcome:
    """What was done, and what is wrong."""

    damage: Damage
    verdict: Verdict


def torment(stage: Stage, settings: Settings, say: Callable[[str], None]) -> Outcome:
    """Runs the whole and tells of it; the last line is the verdict."""
    say(f"Seed {settings.seed}: {settings.orders} orders, {settings.a_second:g} a second")
    began = utc_now()
    progress = Progress()
    crowd = _crowd(stage, settings)
    with Storm(
        stage,
        crowd,
        settings.seed,
        kill_every=settings.kill_every,
        fault_every=settings.fault_every,
        patient=settings.consumers,
    ) as storm:
        crowd.come(
            settings.a_second,
            lambda number: progress.show(
                f"{number} of {settings.orders} orders, {storm.damage.killed} kills"
            ),
        )
        crowd.wait_for_most()
    calm = Calm(stage, settings.patience, progress.show)
    left = calm.settle(crowd.placed)
    judge = Judge(stage, calm, began, progress.show)
    verdict = judge.judge(crowd.placed, left)
    progress.clear()
    for line in _told(storm.damage, crowd.done + calm.done, verdict):
        say(line)
    _show(stage, verdict.findings, say)
    breaches = len(verdict.findings)
    say(f"{settings.orders} orders, {storm.damage.killed} kills, {breaches} breaches")
    return Outcome(storm.damage, verdict)


def _crowd(stage: Stage, settings: Settings) -> Crowd:
    user = stage.endpoints.user("ada")
    found = stage.clients.cognito.admin_get_user(
        UserPoolId=stage.endpoints.user_pool, Username=user.username
    )
    subject = next(a["Value"] for a in found["UserAttributes"] if a["Name"] == "sub")
    planned = plan(settings.seed, settings.orders)
    operator = Customer(stage.endpoints, stage.endpoints.user("operator"))
    return Crowd(stage, Customer(stage.endpoints, user), subject, operator, planned)


def _told(damage: Damage, done: Counter[str], verdict: Verdict) -> list[str]:
    places = [place for place in Where if any(where is place for _, where in damage.kills)]
    victims = sorted({victim for victim, _ in damage.kills})
    rows = [("killed", *places)]
    rows += [
        (victim, *(str(damage.kills[victim, place] or "") for place in places))
        for victim in victims
    ]
    return [
        *table(rows),
        f"provider faults that struck: {_listed(damage.faults)}",
        f"meanwhile: {_listed(done)}",
        f"orders: {_listed(verdict.outcomes)}",
        f"confirmations: {_listed(verdict.mails)}",
        f"events: {verdict.events}, on the bus {verdict.arrived}, deliveries {verdict.deliveries}",
    ]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.most_common()) or "none"


def _show(stage: Stage, findings: Sequence[Finding], say: Callable[[str], None]) -> None:
    for finding in findings:
        say(f"BREACH {finding.order_id or ''}: {finding.words}")
    ids = dict.fromkeys(finding.order_id for finding in findings if finding.order_id)
    records = Records(stage.endpoints, stage.clients)
    for order_id in list(ids)[:PAGES]:
        record = records.order(order_id)
        if record is not None:
            show_page(stage.endpoints, record, Executions(stage.endpoints, stage.clients))


def new_seed() -> int:
    """A seed that nobody has chosen."""
    return random.SystemRandom().randrange(10**6)
