"""A group of actors, and the world in which they begin."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from functions.orders.domain import OrderStatus
from tests.interleavings.actors import Act, order_id
from tests.interleavings.explorer import Explored, explore, replay, sample
from tests.interleavings.machines import Execution
from tests.interleavings.rest import wrong_after
from tests.interleavings.scheduler import Run, Tap
from tests.interleavings.world import Desk, World

Setting = Callable[[World], None]


@dataclass(frozen=True)
class Group:
    """Some actors, and where they begin.

    Attributes:
        before: states that the order has gone through; of two orders, the first.
        setting: what else the world is like, done after that.
        expected: how many orders are CONFIRMED in the end, where that is certain.
        orders: how many there are.
        lines: SKU and quantity of each line of an order.
        shelf: shards of every SKU.
    """

    name: str
    actors: Mapping[str, Act]
    before: Sequence[str] = ()
    setting: Setting | None = None
    expected: int | None = None
    orders: int = 1
    lines: Sequence[tuple[str, int]] = (("MUG", 2),)
    shelf: tuple[int, ...] = (5,)
    card: str = "pm_card_visa"

    def __str__(self) -> str:
        return self.name

    def explore(self, *, backwards: bool = False) -> Explored:
        """Every order of steps. Raises Broken.

        Args:
            backwards: batches of reads begin with their last item.
        """
        return explore(_Stage(self, World(backwards=backwards)))

    def sample(self, runs: int, rng: random.Random, *, backwards: bool) -> Explored:
        """Some orders of steps, by chance. Raises Broken."""
        return sample(_Stage(self, World(backwards=backwards)), runs, rng)

    def replay(self, choices: Sequence[int], *, backwards: bool = False) -> Run:
        """One order of steps. Raises Broken."""
        return replay(_Stage(self, World(backwards=backwards)), choices)


@dataclass
class _Stage:
    """A group's world, put back to its start for every run."""

    group: Group
    world: World

    def __post_init__(self) -> None:
        group, world = self.group, self.world
        for sku, _ in group.lines:
            world.stock(sku, *group.shelf)
        for number in range(1, group.orders + 1):
            world.place(number, *group.lines, card=group.card)
        at_once = Desk(world, lambda call, effect: effect())
        if group.before:
            Execution(world, "place_order", order_id()).run(at_once.tasks, *group.before)
        if group.setting:
            group.setting(world)
        self._start = world.save()

    def open(self) -> Run:
        """See `Stage.open`."""
        self.world.load(self._start)
        return Run({name: self._play(act) for name, act in self.group.actors.items()})

    def state(self) -> str:
        """See `Stage.state`."""
        return str(self.world)

    def judge(self, run: Run) -> list[str]:
        """See `Stage.judge`."""
        wrong = wrong_after(self.world, run.actors)
        statuses = [self.world.order(one).status for one in self.world.statuses]
        confirmed = statuses.count(OrderStatus.CONFIRMED)
        if self.group.expected not in (None, confirmed):
            wrong.append(f"{confirmed} orders are CONFIRMED, not {self.group.expected}")
        return wrong

    def _play(self, act: Act) -> Callable[[Tap], object]:
        return lambda tap: act(self.world, tap)
