"""Step Functions as far as starting and describing executions of orders and refunds goes."""

from dataclasses import dataclass, field

from functions.checkout.executions import NotStarted


@dataclass
class FakeExecutions:
    """`Executions` in memory. While `down`, nothing can be started."""

    placed: dict[str, str] = field(default_factory=dict)
    cancelled: dict[str, str] = field(default_factory=dict)
    refunded: dict[str, str] = field(default_factory=dict)
    down: bool = False

    def start_place(self, order_id: str) -> None:
        """See `Executions`."""
        self._start(self.placed, order_id)

    def start_cancel(self, order_id: str) -> None:
        """See `Executions`."""
        self._start(self.cancelled, order_id)

    def place_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self.placed.get(order_id)

    def cancel_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self.cancelled.get(order_id)

    def start_refund(self, order_id: str, refund_id: str) -> None:
        """See `Executions`."""
        self._start(self.refunded, refund_id)

    def refund_status(self, refund_id: str) -> str | None:
        """See `Executions`."""
        return self.refunded.get(refund_id)

    def _start(self, machine: dict[str, str], name: str) -> None:
        if self.down:
            raise NotStarted(name)
        machine.setdefault(name, "RUNNING")
