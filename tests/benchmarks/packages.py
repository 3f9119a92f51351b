"""Packages to measure: ours as it is built for this machine, and the usual stack as people ship it.

Both lie unpacked below `.local/bench`. The interpreters that import them are isolated (`-I -S`) and
write no bytecode (`-B`), because Lambda's package folder is read-only.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from infra.packaging import Package, Packager, Platform
from infra.table import FUNCTIONS

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".local" / "bench"
PROBES: Final = Path(__file__).parent / "probes"
USUAL: Final = Path(__file__).parent / "usual_stack"
OWN: Final = ("contracts/", "functions/")
_UV: Final = ROOT / ".local" / "tools" / "bin" / "uv"

ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "LANG": "en_US.UTF-8",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "none" * 200,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_LAMBDA_FUNCTION_NAME": "commerce-bench-PlaceOrderApi",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9",
    "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
    "POWERTOOLS_SERVICE_NAME": "commerce",
    "POWERTOOLS_METRICS_NAMESPACE": "Commerce",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "STAGE": "bench",
    "ORDERS_TABLE": "orders",
    "CATALOG_TABLE": "catalog",
    "IDEMPOTENCY_TABLE": "idempotency",
    "PLACE_ORDER_ARN": "arn:aws:states:us-east-1:000000000000:stateMachine:PlaceOrder",
    "PAYMENT_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:payments",
}
"""Of a function in Lambda, as far as a library behaves differently there."""


def build(platform: Platform) -> dict[str, Package]:
    """Every function's package for a platform, by the function's name."""
    return Packager(platform).build([spec.source for spec in FUNCTIONS])


def ours(package: Package) -> Path:
    """One of our packages, unpacked."""
    return _once(f"ours-{package.digest[:24]}", lambda folder: _unpack(package.path, folder))


def parts(packages: Mapping[str, Package]) -> dict[str, tuple[Path, Path]]:
    """Every function's own files, and the dependencies, which lie there once for all of a kind."""
    shared: dict[tuple[str, ...], Path] = {}
    found = {}
    for spec in FUNCTIONS:
        package = packages[spec.name]
        if spec.extras not in shared:
            name = "-".join(["dependencies", *spec.extras, package.digest[:24]])
            shared[spec.extras] = _once(name, partial(_unpack_part, package.path, own=False))
        own = _once(f"own-{package.digest[:24]}", partial(_unpack_part, package.path, own=True))
        found[spec.name] = (own, shared[spec.extras])
    return found


def usual() -> Path:
    """The usual stack with its handlers: locked wheels as they are, without bytecode.

    "Working with .zip file archives for Python Lambda functions" of the Lambda guide advises to
    leave `__pycache__` out of a package.
    """
    requirements = _run_uv(
        *("export", "--frozen", "--only-group", "bench", "--no-emit-project", "--quiet"),
        *("--no-header", "--no-annotate"),
    )
    handlers = sorted(USUAL.glob("usual_*.py"))
    digest = hashlib.sha256("".join([requirements, sys.version]).encode())
    for handler in handlers:
        digest.update(handler.read_bytes())

    def install(folder: Path) -> None:
        listed = folder.with_suffix(".txt")
        listed.write_text(requirements)
        _run_uv(
            *("pip", "install", "--quiet", "--target", str(folder), "--no-deps"),
            *("--require-hashes", "--requirements", str(listed), "--python", sys.executable),
        )
        listed.unlink()
        for handler in handlers:
            shutil.copyfile(handler, folder / handler.name)

    return _once(f"usual-{digest.hexdigest()[:24]}", install)


def with_bytecode(folder: Path) -> Path:
    """A copy of an unpacked package with all its bytecode, valid whatever the times of files."""

    def compile_copy(target: Path) -> None:
        shutil.copytree(folder, target, dirs_exist_ok=True)
        command = ["-I", "-m", "compileall", "-q", "-j", "1"]
        command += ["--invalidation-mode", "unchecked-hash", str(target)]
        subprocess.run([sys.executable, *command], check=False, capture_output=True)

    return _once(f"{folder.name}-compiled", compile_copy)


def interpreter() -> list[str]:
    """The interpreter behind this environment, isolated: an empty path, no bytecode written."""
    return [getattr(sys, "_base_executable", sys.executable), "-I", "-S", "-B"]


def _once(name: str, make: Callable[[Path], None]) -> Path:
    target = FOLDER / "packages" / name
    if not target.exists():
        partial = target.with_name(f"{name}.{os.getpid()}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        make(partial)
        partial.rename(target)
    return target


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)


def _unpack_part(archive: Path, folder: Path, *, own: bool) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        opened.extractall(folder, [name for name in names if name.startswith(OWN) is own])


def _run_uv(*arguments: str) -> str:
    done = subprocess.run(
        [str(_UV), *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout
