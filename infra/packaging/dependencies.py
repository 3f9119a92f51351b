"""The vendor half of a package: locked wheels, pruned, with the bytecode of what is imported.

One archive for one set of dependencies, shared by every function that needs this set.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from infra.packaging.archive import digest_of, forget_old, mark_used, write_archive
from infra.packaging.botocore_data import OPERATIONS, trimmed_data
from infra.packaging.bytecode import compile_files, interpreter_for
from infra.packaging.errors import PackagingError
from infra.packaging.platforms import Platform

_SKIPPED_SUFFIXES: Final = (".pyi", ".pyc", ".pyx", ".c", ".h")
_SKIPPED_FILES: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "uv_cache.json", "py.typed"})
_SKIPPED_PREFIXES: Final = (
    "bin/",
    "boto3/data/",
    "boto3/examples/",
    "botocore/data/",
    "_virtualenv",
)
_REQUESTS: Final = ("certifi", "charset_normalizer", "idna", "requests")
"""Stripe's default transport; ours stands on urllib3, which boto3 brings anyway. OpenSearch's
client does not import without them."""

_LAZY: Final[dict[str, tuple[str, ...]]] = {
    "pydantic": ("pydantic.plugin._loader",),
    "stripe": (
        "stripe._deletable_api_resource",
        "stripe._list_object",
        "stripe._object_classes",
        "stripe._payment_intent",
        "stripe._payment_intent_service",
        "stripe._refund",
        "stripe._refund_service",
    ),
}
"""Modules that a library imports when it is first used, so that no import statement names them.

A test imports every handler and says what is missing here.
"""

_PROBE: Final = r"""
import importlib, json, os, sys
names, services, root = json.load(sys.stdin)
for name in names:
    try:
        importlib.import_module(name)
    except ImportError:  # not a module but a name of one, which may load another when asked for
        parent, _, attribute = name.rpartition(".")
        getattr(importlib.import_module(parent), attribute)
import boto3
session = boto3.session.Session(region_name="us-east-1")
for service in services:
    session.client(service, aws_access_key_id="none", aws_secret_access_key="none")
files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
ours = [f for f in files if f.endswith(".py") and f.startswith(root)]
json.dump(sorted(os.path.relpath(f, root) for f in ours), sys.stdout)
"""


class Dependencies:
    """Builds and keeps the archives of locked wheels of one platform, below a cache folder."""

    def __init__(self, root: Path, cache: Path, platform: Platform, uv: Path) -> None:
        self._root, self._cache, self._platform, self._uv = root, cache, platform, uv

    def archive(self, extras: Sequence[str], imports: Iterable[str]) -> tuple[Path, str]:
        """The archive of the runtime dependencies and these extras, and the hash of its input.

        Args:
            extras: names from `[project.optional-dependencies]`.
            imports: what our code imports of them: these modules get their bytecode shipped.
        """
        wanted = sorted({*imports, *(m for name in imports for m in _LAZY.get(name, ()))})
        requirements = self._requirements(extras)
        interpreter = interpreter_for(self._platform.python)
        digest = digest_of(
            [requirements, self._platform.name, *wanted, str(bool(interpreter)), recipe_digest()]
        )
        name = "-".join([self._platform.name, "base", *extras])
        target = self._cache / "dependencies" / name / f"wheels-{digest[:16]}.zip"
        if not mark_used(target):
            site = self._install(requirements, extras)
            entries = self._entries(site, wanted, interpreter)
            if "search" not in extras:
                entries = {n: e for n, e in entries.items() if not n.startswith(_REQUESTS)}
            write_archive(target, entries, level=9)
            forget_old(target.parent, "wheels", keep=target)
        return target, digest

    def _requirements(self, extras: Sequence[str]) -> str:
        command = ["export", "--frozen", "--no-default-groups", "--no-emit-project", "--quiet"]
        command += ["--no-header", "--no-annotate", "--format", "requirements-txt"]
        for extra in extras:
            command += ["--extra", extra]
        return self._run_uv(command)

    def _install(self, requirements: str, extras: Sequence[str]) -> Path:
        digest = digest_of([requirements])[:16]
        folder = self._cache / "wheels" / "-".join([self._platform.name, "base", *extras, digest])
        if folder.exists():
            return folder
        partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        listed = partial.with_suffix(".txt")
        listed.write_text(requirements)
        command = ["pip", "install", "--quiet", "--target", str(partial), "--no-deps"]
        command += ["--only-binary", ":all:", "--require-hashes", "--requirements", str(listed)]
        self._run_uv([*command, *self._platform.uv_arguments()])
        listed.unlink()
        if folder.exists():  # another build was faster; its content is the same
            return folder
        return partial.rename(folder)

    def _entries(self, site: Path, wanted: list[str], interpreter: str | None) -> dict[str, bytes]:
        entries = {
            path.relative_to(site).as_posix(): path.read_bytes()
            for path in sorted(site.rglob("*"))
            if path.is_file() and _is_shipped(path.relative_to(site))
        }
        for name, content in trimmed_data(site / "botocore" / "data").items():
            entries[f"botocore/data/{name}"] = content
        if interpreter is not None:
            sources = {n: site / n for n in self._imported(wanted) if n in entries}
            entries |= compile_files(interpreter, sources)
        return entries

    def _imported(self, wanted: list[str]) -> list[str]:
        """Files that importing these modules and building the clients loads.

        Found by doing it, in this project's environment: the same lock, so the same files.
        """
        import boto3

        root = str(Path(boto3.__file__).parents[1]) + os.sep
        done = subprocess.run(
            [sys.executable, "-s", "-c", _PROBE],
            input=json.dumps([wanted, sorted(OPERATIONS), root]),
            capture_output=True,
            text=True,
            check=False,
            cwd=self._root,
            env={"PATH": os.environ.get("PATH", ""), "AWS_EC2_METADATA_DISABLED": "true"},
        )
        if done.returncode:
            raise PackagingError(f"A module to be packaged does not import: {done.stderr[-800:]}")
        files: list[str] = json.loads(done.stdout)
        return files

    def _run_uv(self, arguments: list[str]) -> str:
        if not self._uv.exists():
            raise PackagingError(f"{self._uv} is missing: run `make setup` first.")
        done = subprocess.run(
            [str(self._uv), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._root,
        )
        if done.returncode:
            raise PackagingError(f"uv {arguments[0]} failed: {done.stderr.strip()[-800:]}")
        return done.stdout


def recipe_digest() -> str:
    """Hash of this package's own code: another recipe builds another archive."""
    here = Path(__file__).parent
    return digest_of(path.read_bytes() for path in sorted(here.glob("*.py")))


def _is_shipped(path: Path) -> bool:
    name = path.as_posix()
    return not (
        path.name in _SKIPPED_FILES
        or path.suffix in _SKIPPED_SUFFIXES
        or "__pycache__" in path.parts
        or name.startswith(_SKIPPED_PREFIXES)
        or name == ".lock"
    )
