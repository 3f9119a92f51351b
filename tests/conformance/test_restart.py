"""What a stop, and what a crash, leave for the next start."""

import contextlib
import http.client
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.conftest import fix_of
from tests.conformance.parts import (
    create_function,
    create_machine,
    ended,
    invoke,
    start,
    task,
    unique,
    wait_for_event,
)
from tests.conformance.test_events import Stream
from tests.conformance.test_queues import queue
from tests.support.emulator import Emulator, emulator_process, wait_until


@pytest.fixture
def own_cloud(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An embedded cloud that the test may stop and kill."""
    leave_out = request.config.getoption("--without-fixes", default=False)
    without = (fix_of(request.node),) if leave_out else ()
    with emulator_process("restart", without=without) as emulator:
        yield emulator


@pytest.mark.fix("interrupted_executions")
def test_an_execution_goes_on_after_a_stop(own_cloud: Emulator) -> None:
    gate = own_cloud.folder / "gate"
    waits = f"""
        import pathlib, time

        def handler(event, context):
            while not pathlib.Path({str(gate)!r}).exists():
                time.sleep(0.05)
            return "done"
    """
    states = {
        "Before": {"Type": "Pass", "Next": "Task"},
        "Task": task(create_function(own_cloud, waits)),
    }
    execution = start(own_cloud, create_machine(own_cloud, states))
    wait_for_event(own_cloud, execution, "TaskScheduled")
    own_cloud.stop()
    gate.touch()
    own_cloud.start()
    outcome = ended(own_cloud, execution)
    assert (outcome["status"], outcome.get("output")) == ("SUCCEEDED", json.dumps("done"))


@pytest.mark.fix("streams_after_restart")
def test_a_streams_reader_misses_nothing_over_a_stop(own_cloud: Emulator) -> None:
    stream = Stream(own_cloud, "report")
    stream.wait_for("good-3")
    own_cloud.stop()
    own_cloud.start()
    stream.put("good-4")
    stream.wait_for("good-4")


@pytest.mark.fix("mailbox_after_restart")
def test_mails_are_still_known_after_a_stop(own_cloud: Emulator) -> None:
    mail = own_cloud.client("sesv2")
    mail.create_email_identity(EmailIdentity="shop@example.com")
    mail.send_email(
        FromEmailAddress="shop@example.com",
        Destination={"ToAddresses": ["ada@example.com"]},
        Content={"Simple": {"Subject": {"Data": "Thanks"}, "Body": {"Text": {"Data": "For 1"}}}},
    )
    own_cloud.stop()
    own_cloud.start()
    connection = http.client.HTTPConnection("127.0.0.1", own_cloud.port)
    connection.request("GET", "/_ministack/ses/messages")
    messages = connection.getresponse().read().decode()
    connection.close()
    assert "ada@example.com" in messages


@pytest.mark.fix("messages_in_flight")
def test_what_was_being_handled_at_a_stop_is_handled_again_and_delays_are_kept(
    own_cloud: Emulator,
) -> None:
    url, _ = queue(own_cloud, VisibilityTimeout="600")
    messages = own_cloud.client("sqs")
    messages.send_message(QueueUrl=url, MessageBody="received")
    assert len(messages.receive_message(QueueUrl=url)["Messages"]) == 1
    messages.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=600)
    own_cloud.stop()
    own_cloud.start()
    found = messages.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    assert [message["Body"] for message in found] == ["received"]


def test_after_a_crash_the_last_save_is_back_and_functions_answer(own_cloud: Emulator) -> None:
    function = create_function(own_cloud, "def handler(event, context):\n    return 'here'\n")
    table = own_cloud.client("dynamodb")
    name = unique("table")
    table.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(TableName=name, Item={"PK": {"S": "saved"}})
    assert invoke(own_cloud, function) == "here"
    os.kill(own_cloud.pid, signal.SIGUSR1)
    times = own_cloud.folder / "emulator.json"
    wait_until(lambda: "saved" in json.loads(times.read_text()), "the save")
    table.put_item(TableName=name, Item={"PK": {"S": "lost"}})
    own_cloud.kill()
    own_cloud.start()
    items = own_cloud.client("dynamodb").scan(TableName=name)["Items"]
    assert items == [{"PK": {"S": "saved"}}]
    assert invoke(own_cloud, function) == "here"
    recorded = json.loads(times.read_text())
    assert recorded["running"] > recorded["saved"]
    assert "stopped" not in recorded


def test_a_gap_that_closed_or_moved_is_named_at_the_start(own_cloud: Emulator) -> None:
    other = Emulator(own_cloud.folder / "other", without=("no-such-fix",))
    with pytest.raises(RuntimeError, match="no such fix: no-such-fix"):
        other.start()


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's table of sockets")
def test_nothing_listens_beyond_this_machine(own_cloud: Emulator) -> None:
    invoke(own_cloud, create_function(own_cloud, "def handler(event, context):\n    return 1\n"))
    addresses = _listening(own_cloud.pid)
    assert ("0100007F", own_cloud.port) in addresses
    assert {address for address, _ in addresses} == {"0100007F"}


def _listening(group: int) -> set[tuple[str, int]]:
    """Where the processes of a group listen: the address as the kernel writes it, and the port."""
    inodes = set()
    for process in (entry for entry in Path("/proc").iterdir() if entry.name.isdigit()):
        with contextlib.suppress(OSError):
            if os.getpgid(int(process.name)) == group:
                inodes |= {link.readlink().name for link in (process / "fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def test_a_function_that_runs_comes_to_its_end_before_a_stop(own_cloud: Emulator) -> None:
    begun, finished = own_cloud.folder / "begun", own_cloud.folder / "finished"
    takes_a_while = f"""
        import pathlib, time

        def handler(event, context):
            pathlib.Path({str(begun)!r}).touch()
            time.sleep(1)
            pathlib.Path({str(finished)!r}).touch()
    """
    function = create_function(own_cloud, takes_a_while)
    own_cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event")
    wait_until(begun.exists, "the function to begin")
    own_cloud.stop()
    assert finished.exists()
