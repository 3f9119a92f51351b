"""The adapter and the sandbox as they meet on the machine: sockets, processes, kill -9."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import stripe

from functions.payments.gateway import (
    GatewayAmbiguous,
    GatewayError,
    GatewayUnavailable,
    IntentStatus,
)
from functions.payments.stripe_gateway import StripeGateway
from functions.payments.stripe_http import PooledHttpClient
from scripts.local.payment_sandbox.core import Sandbox
from scripts.local.payment_sandbox.server import SandboxServer
from scripts.local.payment_sandbox.store import Store
from tests.support.payment_sandbox import ROOT, sandbox_process
from tests.support.stripe_in_process import StaticKey

PATIENCE_SECONDS = 30


def _gateway(url: str) -> StripeGateway:
    return StripeGateway(StaticKey(), api_base=url)


def test_a_killed_sandbox_remembers(tmp_path: Path) -> None:
    with sandbox_process(tmp_path / "state") as first:
        gateway = _gateway(first.url)
        intent = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
        held = gateway.confirm_intent(intent.id, idempotency_key="confirm")
        first.kill()
        with pytest.raises(GatewayError):
            gateway.retrieve_intent(intent.id)
    with sandbox_process(tmp_path / "state", port=first.port) as second:
        assert gateway.retrieve_intent(intent.id) == held
        assert gateway.confirm_intent(intent.id, idempotency_key="confirm") == held
        taken = gateway.capture_intent(intent.id, idempotency_key="capture")
        assert second.terminate() == 0
    with sandbox_process(tmp_path / "state") as third:
        assert _gateway(third.url).retrieve_intent(intent.id) == taken


def test_what_was_answered_survives_a_kill_under_load(tmp_path: Path) -> None:
    answered: list[str] = []
    enough = threading.Event()

    def order(worker: int, url: str) -> None:
        gateway = _gateway(url)
        for number in range(10_000):
            try:
                intent = gateway.create_intent(f"{worker}-{number}", 1_000, "EUR", "pm_card_visa")
                gateway.confirm_intent(intent.id, idempotency_key=f"{worker}-{number}")
            except GatewayError:
                return
            answered.append(intent.id)
            if len(answered) >= 40:
                enough.set()

    with sandbox_process(tmp_path / "state") as first:
        workers = [threading.Thread(target=order, args=(n, first.url)) for n in range(4)]
        for worker in workers:
            worker.start()
        assert enough.wait(PATIENCE_SECONDS)
        first.kill()
        for worker in workers:
            worker.join(PATIENCE_SECONDS)
    with sandbox_process(tmp_path / "state") as second:
        gateway = _gateway(second.url)
        statuses = {gateway.retrieve_intent(intent_id).status for intent_id in answered}
    assert statuses == {IntentStatus.REQUIRES_CAPTURE}


def test_events_reach_their_endpoint(tmp_path: Path) -> None:
    received: list[tuple[str, bytes]] = []
    arrived = threading.Event()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers["Stripe-Signature"], body))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
            pass

    endpoint = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=endpoint.serve_forever, args=(0.02,))
    thread.start()
    url = f"http://127.0.0.1:{endpoint.server_address[1]}/webhooks/payments"
    hook = ("--webhook-url", url, "--webhook-secret", "whsec_test")
    try:
        with sandbox_process(tmp_path / "state", options=hook) as running:
            intent = _gateway(running.url).create_intent("order-1", 1_000, "EUR", "pm_card_visa")
            assert arrived.wait(PATIENCE_SECONDS)
            assert running.terminate() == 0
    finally:
        endpoint.shutdown()
        endpoint.server_close()
        thread.join(PATIENCE_SECONDS)
    header, body = received[0]
    event = stripe.Webhook.construct_event(body, header, "whsec_test")
    assert (event.type, event.data.object["id"]) == ("payment_intent.created", intent.id)


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = subprocess.run(
            [sys.executable, "-m", "scripts.local.payment_sandbox", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    assert ran.returncode == 1
    assert ran.stderr == f"Port {port} cannot be used: Address already in use.\n"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """A sandbox on a socket, in this process."""
    running = SandboxServer(Sandbox(Store()))
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(PATIENCE_SECONDS)


def test_connections_are_kept(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted: list[object] = []
    accept = server.get_request

    def counted() -> tuple[socket.socket, object]:
        connection = accept()
        accepted.append(connection)
        return connection

    monkeypatch.setattr(server, "get_request", counted)
    gateway = _gateway(server.url)
    for number in range(5):
        gateway.create_intent(f"order-{number}", 1_000, "EUR", "pm_card_visa")
    assert len(accepted) == 1


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("drop-before", IntentStatus.REQUIRES_CONFIRMATION),
        ("drop-after", IntentStatus.REQUIRES_CAPTURE),
    ],
)
def test_a_dropped_connection_is_ambiguous(
    server: SandboxServer, kind: str, status: IntentStatus
) -> None:
    gateway = _gateway(server.url)
    intent = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    server.sandbox.faults.add({"kind": kind, "path": "*/confirm"})
    with pytest.raises(GatewayAmbiguous, match="connection_lost") as caught:
        gateway.confirm_intent(intent.id, idempotency_key="k")
    assert not caught.value.answered
    assert gateway.retrieve_intent(intent.id).status is status
    assert gateway.confirm_intent(intent.id, idempotency_key="k").amount_capturable == 1_000


def test_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gateway = _gateway(f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(GatewayUnavailable, match="not_connected"):
            gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")


def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.payments.stripe_http.READ_TIMEOUT_SECONDS", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        gateway = StripeGateway(StaticKey(), api_base=url, http_client=PooledHttpClient())
        with pytest.raises(GatewayAmbiguous, match="timeout") as caught:
            gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
        assert not caught.value.answered


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>",
        b"nonsense\r\n\r\n",
    ],
)
def test_a_broken_answer_is_ambiguous(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(GatewayAmbiguous):
            _gateway(f"http://127.0.0.1:{listener.getsockname()[1]}").create_intent(
                "order-1", 1_000, "EUR", "pm_card_visa"
            )
        thread.join(PATIENCE_SECONDS)
