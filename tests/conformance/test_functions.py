"""Functions run as on Lambda: the real runtime client, a warm process, the package and no more."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.conformance.parts import create_function, invoke, package
from tests.support.emulator import Emulator, wait_until

HANDLER = """
    import os, sys, time

    class OutOfStock(Exception):
        pass

    def handler(event, context):
        act = (event or {}).get("act")
        if act == "raise":
            raise OutOfStock("order o-1")
        if act == "exit":
            os._exit(3)
        if act == "kill":
            os.kill(os.getpid(), 9)
        if act == "sleep":
            time.sleep(60)
        if act == "print":
            print("a line of the handler")
        return {
            "process": os.getpid(),
            "environment": dict(os.environ),
            "path": sys.path,
            "request": context.aws_request_id,
            "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis(),
        }
"""
runtime = pytest.mark.fix("runtime_interface_client")


@runtime
def test_an_exception_is_reported_by_its_class(cloud: Emulator) -> None:
    error = invoke(cloud, create_function(cloud, HANDLER), {"act": "raise"})
    assert (error["errorType"], error["errorMessage"]) == ("OutOfStock", "order o-1")
    assert "raise OutOfStock" in error["stackTrace"][-1]


@runtime
def test_an_exception_leaves_the_process_warm(cloud: Emulator) -> None:
    function = create_function(cloud, HANDLER)
    before = invoke(cloud, function)["process"]
    invoke(cloud, function, {"act": "raise"})
    assert invoke(cloud, function)["process"] == before


@runtime
@pytest.mark.parametrize(
    ("act", "error_type", "message"),
    [
        ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("kill", "Runtime.ExitError", "Runtime exited with error: signal: killed"),
        ("sleep", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ],
)
def test_a_lost_process_is_named_as_lambda_names_it_and_replaced(
    cloud: Emulator, act: str, error_type: str, message: str
) -> None:
    function = create_function(cloud, HANDLER, Timeout=1)
    error = invoke(cloud, function, {"act": act})
    assert error["errorType"] == error_type
    assert error["errorMessage"].startswith("RequestId: ")
    assert error["errorMessage"].endswith(f"Error: {message}")
    assert invoke(cloud, function)["left"] > 0


@runtime
def test_a_handler_that_cannot_be_imported_says_why(cloud: Emulator) -> None:
    error = invoke(cloud, create_function(cloud, "import no_such_module"))
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in error["errorMessage"]


@runtime
def test_a_function_sees_its_package_and_settings_and_nothing_of_the_machine(
    cloud: Emulator,
) -> None:
    function = create_function(cloud, HANDLER, Environment={"Variables": {"TABLE": "orders"}})
    seen = invoke(cloud, function)
    environment = seen["environment"]
    assert environment["TABLE"] == "orders"
    assert environment["AWS_ENDPOINT_URL"] == cloud.url
    assert (
        environment["AWS_SHARED_CREDENTIALS_FILE"] == environment["AWS_CONFIG_FILE"] == "/dev/null"
    )
    assert "HOME" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == function, "a key of its own"
    assert seen["path"][0] == environment["LAMBDA_TASK_ROOT"]
    assert not [entry for entry in seen["path"] if "site-packages" in entry]
    assert seen["arn"].endswith(f":function:{function}")


@runtime
def test_processes_of_one_package_share_its_folder(cloud: Emulator) -> None:
    functions = [create_function(cloud, HANDLER) for _ in range(3)]
    folders = {invoke(cloud, each)["environment"]["LAMBDA_TASK_ROOT"] for each in functions}
    assert len(folders) == 1


def test_what_a_handler_prints_is_in_its_own_invocations_log(cloud: Emulator) -> None:
    function = create_function(cloud, HANDLER)
    first = invoke(cloud, function, {"act": "print"})["request"]
    invoke(cloud, function)
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")[
        "events"
    ]
    lines = [event["message"] for event in events]
    begun = lines.index(f"START RequestId: {first} Version: $LATEST")
    assert lines[begun + 1] == "a line of the handler"
    assert lines[begun + 2] == f"END RequestId: {first}"


@pytest.mark.fix("burst_of_cold_starts")
def test_a_burst_of_callers_shares_a_few_processes(cloud: Emulator) -> None:
    function = create_function(cloud, HANDLER)
    with ThreadPoolExecutor(16) as callers:
        answers = list(callers.map(lambda _: invoke(cloud, function), range(32)))
    assert len({answer["process"] for answer in answers}) <= 8


def test_handlers_that_wait_for_each_other_all_get_a_process(cloud: Emulator) -> None:
    meeting = cloud.folder / "meeting"
    meeting.mkdir(exist_ok=True)
    function = create_function(
        cloud,
        """
        import os, pathlib, time

        def handler(event, context):
            folder = pathlib.Path(event["folder"])
            (folder / str(os.getpid())).touch()
            while len(list(folder.iterdir())) < event["wanted"]:
                time.sleep(0.05)
            return True
        """,
        Timeout=60,
    )
    event = {"folder": str(meeting), "wanted": 6}
    with ThreadPoolExecutor(6) as callers:
        assert all(callers.map(lambda _: invoke(cloud, function, event), range(6)))


@pytest.mark.fix("burst_of_cold_starts")
def test_processes_that_a_stall_has_brought_are_not_all_used_for_good(cloud: Emulator) -> None:
    function = create_function(
        cloud,
        """
        import os, time

        def handler(event, context):
            time.sleep(event["seconds"])
            return os.getpid()
        """,
        Timeout=60,
    )

    def processes(callers: int, seconds: float) -> set[int]:
        event = {"seconds": seconds}
        with ThreadPoolExecutor(callers) as pool:
            return set(pool.map(lambda _: invoke(cloud, function, event), range(callers)))

    cores = os.cpu_count() or 1
    assert len(processes(4 * cores, 2)) > max(1, cores // 2)
    # A machine that is busy elsewhere may stall once more.
    assert any(len(processes(4 * cores, 0.05)) <= max(1, cores // 2) for _ in range(5))


@pytest.mark.fix("replaced_code")
def test_an_invocation_under_way_finishes_on_the_code_it_began_with(cloud: Emulator) -> None:
    gate = cloud.folder / "gate"
    function = create_function(
        cloud,
        f"""
        import pathlib, time

        def handler(event, context):
            pathlib.Path({str(gate)!r}).touch()
            while pathlib.Path({str(gate)!r}).exists():
                time.sleep(0.05)
            return "old"
        """,
    )
    with ThreadPoolExecutor(1) as caller:
        under_way = caller.submit(invoke, cloud, function)
        wait_until(gate.exists, "the handler to begin")
        new = package("def handler(event, context):\n    return 'new'\n")
        cloud.client("lambda").update_function_code(FunctionName=function, ZipFile=new)
        assert invoke(cloud, function) == "new"
        gate.unlink()
        assert under_way.result() == "old"


def test_a_throttled_caller_is_told_so(cloud: Emulator) -> None:
    function = create_function(cloud, HANDLER)
    client = cloud.client("lambda")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=function, Payload=json.dumps({}))


def test_a_deleted_function_leaves_no_process(cloud: Emulator) -> None:
    function = create_function(cloud, HANDLER)
    process = invoke(cloud, function)["process"]
    cloud.client("lambda").delete_function(FunctionName=function)
    wait_until(lambda: not _runs(process), "the process to end")


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _has_ended(process: int) -> bool:
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)],  # noqa: S607 - POSIX names no folder for it
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout.strip()[:1] in ("", "Z")


def test_a_process_that_was_killed_while_it_was_idle_is_replaced(cloud: Emulator) -> None:
    function = create_function(cloud, HANDLER)
    for _ in range(3):
        before = invoke(cloud, function)["process"]
        os.kill(before, signal.SIGKILL)
        wait_until(partial(_has_ended, before), "the end of the process")
        assert invoke(cloud, function)["process"] != before


@pytest.mark.fix("failed_function_over_http")
def test_a_function_that_fails_over_http_keeps_its_error_to_itself(cloud: Emulator) -> None:
    source = """
        def handler(event, context):
            raise ValueError("inside")
    """
    function = create_function(cloud, source)
    arn = cloud.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    apis = cloud.client("apigatewayv2")
    api = apis.create_api(Name="http", ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="GET /", Target=f"integrations/{integration}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    request = urllib.request.Request(f"{cloud.url}/_aws/execute-api/{api}/")  # noqa: S310 - ours
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(request, timeout=30)  # noqa: S310 - ours
    with failed.value as answer:
        assert answer.code == 500
        assert json.loads(answer.read()) == {"message": "Internal Server Error"}
