"""Lambda packages: what is in them, how large, and that they run."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from infra.packaging import FunctionSource, Package, Packager, PackagingError, Platform
from infra.packaging.botocore_data import OPERATIONS
from infra.packaging.bytecode import interpreter_for
from infra.packaging.sources import sources_of
from infra.stages import LAMBDA_PYTHON
from infra.table import FUNCTIONS

ROOT: Final = Path(__file__).parents[2]
MEGABYTE: Final = 1_000_000
BUDGETS: Final = {
    (): 8 * MEGABYTE,
    ("carts",): 9 * MEGABYTE,
    ("search",): 9 * MEGABYTE,
    ("payments",): 11 * MEGABYTE,
}
"""Largest package by its extras."""

WITHOUT_EXTRAS: Final = [spec.source for spec in FUNCTIONS if not spec.extras]

_IMPORT = """
import importlib, json, os, sys
sys.path[:0] = sys.argv[2:]
module, _, name = sys.argv[1].rpartition(".")
assert callable(getattr(importlib.import_module(module), name))
roots = tuple(sys.argv[2:])
loaded = [m for m in list(sys.modules.values())
          if (getattr(m, "__file__", None) or "").startswith(roots)]
missing = [m.__file__ for m in loaded
           if m.__file__.endswith(".py") and not os.path.exists(m.__cached__ or "")]
json.dump({"modules": len(loaded), "without bytecode": missing}, sys.stdout)
"""


def _names(package: Package) -> list[str]:
    with zipfile.ZipFile(package.path) as archive:
        return archive.namelist()


@pytest.fixture(scope="session")
def unpacked(
    native_packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """Each function's folders for sys.path: its own files, and the wheels that several share."""
    paths: dict[str, list[str]] = {}
    shared: dict[tuple[str, ...], Path] = {}
    for spec in FUNCTIONS:
        own = tmp_path_factory.mktemp(spec.name)
        with zipfile.ZipFile(native_packages[spec.name].path) as archive:
            mine = [n for n in archive.namelist() if n.startswith(("contracts/", "functions/"))]
            archive.extractall(own, mine)
            if spec.extras not in shared:
                shared[spec.extras] = tmp_path_factory.mktemp("-".join(["wheels", *spec.extras]))
                archive.extractall(shared[spec.extras], set(archive.namelist()) - set(mine))
        paths[spec.name] = [str(own), str(shared[spec.extras])]
    return paths


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: str(spec.name))
def test_a_handler_imports_from_its_package_alone(
    unpacked: dict[str, list[str]], spec: FunctionSource
) -> None:
    """Without this checkout, without this environment; everything it loads has its bytecode."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", _IMPORT, spec.handler, *unpacked[spec.name]],
        capture_output=True,
        text=True,
        check=False,
        env={"POWERTOOLS_SERVICE_NAME": "commerce", "POWERTOOLS_METRICS_NAMESPACE": "Commerce"},
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["modules"] > 0
    assert answer["without bytecode"] == []


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: str(spec.name))
def test_packages_keep_within_their_budget(
    native_packages: dict[str, Package],
    deployed_packages: dict[str, Package],
    spec: FunctionSource,
) -> None:
    for packages in (native_packages, deployed_packages):
        assert packages[spec.name].path.stat().st_size <= BUDGETS[spec.extras]


def test_a_package_holds_no_code_that_its_handler_cannot_reach(
    deployed_packages: dict[str, Package],
) -> None:
    own = {n for n in _names(deployed_packages["EventLog"]) if n.startswith("functions/")}
    assert "functions/events/log.py" in own
    assert not {name for name in own if name.startswith(("functions/checkout", "functions/orders"))}


def test_only_payment_functions_carry_the_payment_sdk(
    deployed_packages: dict[str, Package],
) -> None:
    with_sdk = {
        spec.name
        for spec in FUNCTIONS
        if any(name.startswith("stripe/") for name in _names(deployed_packages[spec.name]))
    }
    assert with_sdk == {spec.name for spec in FUNCTIONS if "payments" in spec.extras}


def test_packages_for_aws_hold_wheels_for_aws(deployed_packages: dict[str, Package]) -> None:
    libraries = [n for n in _names(deployed_packages["OrdersApi"]) if n.endswith(".so")]
    assert libraries
    for name in libraries:
        assert "cpython-313-aarch64" in name


def test_packages_for_aws_hold_bytecode_if_this_machine_can_compile_it(
    deployed_packages: dict[str, Package],
) -> None:
    can_compile = interpreter_for(LAMBDA_PYTHON) is not None
    names = set(_names(deployed_packages["ChargePayment"]))
    for module in ("functions/checkout/charge_payment", "pydantic/main", "stripe/_http_client"):
        folder, _, file = module.rpartition("/")
        assert (f"{folder}/__pycache__/{file}.cpython-313.pyc" in names) is can_compile


def test_the_same_input_gives_the_same_bytes(
    tmp_path: Path, native_packages: dict[str, Package]
) -> None:
    """Built again from another folder, with files of another time, into an empty cache: the wheels
    are installed again as well."""
    root = _copy(tmp_path / "elsewhere")
    for file in root.rglob("*"):
        os.utime(file, (0, 1_000_000_000))
    packager = Packager(Platform.of_this_machine(), root=root, cache=tmp_path / "cache")
    for name, package in packager.build(WITHOUT_EXTRAS).items():
        assert package.digest == native_packages[name].digest
        assert package.path.read_bytes() == native_packages[name].path.read_bytes()


def _copy(root: Path) -> Path:
    """Our code and lock in another folder."""
    for name in ("contracts", "functions"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.mark.usefixtures("native_packages")
def test_a_changed_handler_changes_its_own_package_only(tmp_path: Path) -> None:
    root = _copy(tmp_path)
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "dependencies").symlink_to(ROOT / ".local" / "packages" / "dependencies")
    packager = Packager(Platform.of_this_machine(), root=root, cache=cache)
    before = packager.build(WITHOUT_EXTRAS)
    handler = root / "functions" / "events" / "log.py"
    handler.write_text(handler.read_text() + "\n# changed\n")
    after = packager.build(WITHOUT_EXTRAS)
    assert {n for n in after if after[n].digest != before[n].digest} == {"EventLog"}


def test_a_missing_handler_is_named(tmp_path: Path) -> None:
    packager = Packager(Platform.of_this_machine(), root=_copy(tmp_path))
    with pytest.raises(PackagingError, match=r"No module functions\.orders\.absent"):
        packager.build([FunctionSource("Absent", "functions.orders.absent.handler")])


def test_the_import_walk_follows_what_runs(tmp_path: Path) -> None:
    files = {
        "functions/__init__.py": "",
        "functions/shop/__init__.py": "",
        "functions/shop/api.py": (
            "import json\n"
            "from typing import TYPE_CHECKING\n"
            "from . import near\n"
            "from functions.shop.lazy import later\n"
            "if TYPE_CHECKING:\n"
            "    import never\n"
            "    from functions.shop import unseen\n"
        ),
        "functions/shop/near.py": "import vendor.part\n",
        "functions/shop/lazy.py": "def later():\n    from contracts import money\n",
        "functions/shop/unseen.py": "",
        "functions/shop/mail/order.html": "<p>",
        "functions/other/__init__.py": "",
        "functions/other/data.json": "{}",
        "contracts/__init__.py": "",
        "contracts/money.py": "",
        "contracts/schemas/order.json": "{}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = sources_of("functions.shop.api", tmp_path)
    assert set(found.files) == {
        "contracts/__init__.py",
        "contracts/money.py",
        "functions/__init__.py",
        "functions/shop/__init__.py",
        "functions/shop/api.py",
        "functions/shop/lazy.py",
        "functions/shop/mail/order.html",
        "functions/shop/near.py",
    }
    assert found.imports == {"vendor.part"}


def test_packages_hold_the_operations_that_the_code_calls() -> None:
    """Both ways: what is not listed does not exist at run time, what is unused costs start time."""
    import botocore.session
    from botocore import xform_name

    session = botocore.session.get_session()
    by_method = {
        xform_name(operation): operation
        for service in OPERATIONS
        for operation in session.get_service_model(service).operation_names
    }
    called = {
        by_method[name]
        for path in (ROOT / "functions").rglob("*.py")
        for name in re.findall(r"\.([a-z_]+)\b", path.read_text())
        if name in by_method
    }
    assert called == set().union(*OPERATIONS.values())


def test_no_code_wants_what_is_left_out_of_the_packages() -> None:
    for path in (ROOT / "functions").rglob("*.py"):
        text = path.read_text()
        for absent in ("get_paginator", "get_waiter", ".resource(", "import requests"):
            assert absent not in text, path
