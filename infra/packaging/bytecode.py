"""Bytecode for a runtime, compiled by an interpreter of the runtime's minor version.

Lambda's package folder is read-only: without shipped bytecode every cold start compiles every
module again. `unchecked-hash` files are used without looking at the source's time (PEP 552), and
hold the path that the module has in the runtime.
"""

import base64
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from infra.packaging.errors import PackagingError

RUNTIME_ROOT: Final = "/var/task"
"""Where Lambda unpacks a function: LAMBDA_TASK_ROOT of "Defined runtime environment variables"."""

_COMPILE: Final = r"""
import base64, importlib._bootstrap_external as b, importlib.util, json, sys
root, files = json.load(sys.stdin)
out = {}
for name, path in files:
    with open(path, "rb") as f:
        source = f.read()
    code = compile(source, root + "/" + name, "exec", dont_inherit=True, optimize=0)
    data = b._code_to_hash_pyc(code, importlib.util.source_hash(source), False)
    out[name] = base64.b64encode(data).decode()
json.dump({"tag": sys.implementation.cache_tag, "files": out}, sys.stdout)
"""


@functools.cache
def interpreter_for(version: str) -> str | None:
    """An interpreter of that minor version on this machine, or None."""
    for candidate in _candidates(version):
        if _version_of(candidate) == version:
            return candidate
    return None


def compile_files(interpreter: str, files: Mapping[str, Path]) -> dict[str, bytes]:
    """Bytecode files by their path in the package, for sources by theirs.

    One process for one set of files, always in the same order: what the interpreter shares between
    code objects then comes out the same.

    Raises:
        PackagingError: a file does not compile.
    """
    request = json.dumps([RUNTIME_ROOT, [(name, str(files[name])) for name in sorted(files)]])
    done = subprocess.run(
        [interpreter, "-s", "-S", "-c", _COMPILE],
        input=request,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONHASHSEED": "0"},
    )
    if done.returncode:
        raise PackagingError(f"{interpreter} cannot compile the package: {done.stderr[-800:]}")
    answer = json.loads(done.stdout)
    return {
        _cached(name, answer["tag"]): base64.b64decode(data)
        for name, data in answer["files"].items()
    }


def _cached(name: str, tag: str) -> str:
    folder, _, file = name.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    return f"{prefix}__pycache__/{file.removesuffix('.py')}.{tag}.pyc"


def _candidates(version: str) -> Iterable[str]:
    yield sys.executable
    if found := shutil.which(f"python{version}"):
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")))
    uv = Path.home() / ".local" / "share" / "uv" / "python"
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))
    yield from map(str, sorted(uv.glob(f"cpython-{version}.*/bin/python{version}")))


def _version_of(interpreter: str) -> str | None:
    """Asks the interpreter itself: a shim on PATH may stand for nothing."""
    if interpreter == sys.executable:
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [interpreter, "-I", "-S", "-c", ask],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
