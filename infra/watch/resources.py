"""What a stage has that can be watched: names only, as the functions table and the machines say."""

from dataclasses import dataclass, replace
from typing import Final

API_ID: Final = "api-id"
DISTRIBUTION_ID: Final = "distribution-id"


@dataclass(frozen=True, slots=True)
class Watched:
    """Names of what runs, without the stage.

    Attributes:
        machines: state machines.
        functions: all of them.
        workers: functions behind queues of the same name. What they cannot handle stands in
            `NAME-parked`; so does that of readers and schedules.
        readers: functions behind streams.
        schedules: functions that run by the clock.
    """

    machines: tuple[str, ...]
    functions: tuple[str, ...]
    workers: tuple[str, ...]
    readers: tuple[str, ...]
    schedules: tuple[str, ...]

    def and_workers(self, names: tuple[str, ...]) -> "Watched":
        """With functions behind queues that stand in another stack."""
        return replace(self, functions=(*self.functions, *names), workers=(*self.workers, *names))

    @property
    def parking(self) -> tuple[str, ...]:
        """Whose dead letters an operator can look at."""
        return (*self.readers, *self.workers, *self.schedules)


def parameter(stage: str, name: str) -> str:
    """The parameter that holds an id which AWS chooses: no name tells it."""
    return f"/commerce/{stage}/{name}"
