"""One package for one handler: the shared dependencies, then our own files with their bytecode."""

import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.packaging.archive import digest_of, forget_old, mark_used, write_archive
from infra.packaging.bytecode import compile_files, interpreter_for
from infra.packaging.dependencies import Dependencies, recipe_digest
from infra.packaging.errors import PackagingError
from infra.packaging.platforms import Platform
from infra.packaging.sources import Sources, sources_of

__all__ = ["FunctionSource", "Package", "Packager", "PackagingError"]

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """What makes a function's package: its handler as `module.attribute`, and its extras."""

    name: str
    handler: str
    extras: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The handler's module."""
        return self.handler.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Package:
    """A finished archive. `digest` is the hash of everything that went into it."""

    path: Path
    digest: str


class Packager:
    """Builds packages for one platform. Needs no network once the wheels are in the cache."""

    def __init__(
        self,
        platform: Platform,
        *,
        root: Path = ROOT,
        cache: Path | None = None,
        uv: Path | None = None,
    ) -> None:
        self._platform, self._root = platform, root
        self._cache = cache or root / ".local" / "packages"
        tool = uv or ROOT / ".local" / "tools" / "bin" / "uv"
        self._dependencies = Dependencies(root, self._cache, platform, tool)

    def build(self, functions: Iterable[FunctionSource]) -> dict[str, Package]:
        """The package of every function, by name. What exists already is not built again.

        Raises:
            PackagingError: a handler or what it imports is missing, or a wheel cannot be had.
        """
        wanted = list(functions)
        if interpreter_for(self._platform.python) is None:
            sys.stderr.write(
                f"No Python {self._platform.python} on this machine: packages for it are built"
                " without bytecode, their cold starts are slower.\n"
            )
        sources = {f.name: sources_of(f.module, self._root) for f in wanted}
        vendor = {
            extras: self._dependencies.archive(extras, _imports_of(wanted, sources, extras))
            for extras in dict.fromkeys(f.extras for f in wanted)
        }
        with ThreadPoolExecutor(max_workers=2) as pool:
            built = pool.map(lambda f: self._package(f, sources[f.name], *vendor[f.extras]), wanted)
            return {f.name: package for f, package in zip(wanted, built, strict=True)}

    def _package(
        self, function: FunctionSource, sources: Sources, vendor: Path, vendor_digest: str
    ) -> Package:
        content = {name: path.read_bytes() for name, path in sources.files.items()}
        parts = [part for name in sorted(content) for part in (name, content[name])]
        digest = digest_of([vendor_digest, recipe_digest(), *parts])
        folder = self._cache / self._platform.name
        target = folder / f"{function.name}-{digest[:32]}.zip"
        if not mark_used(target):
            write_archive(target, content | self._bytecode(sources.files), onto=vendor)
            forget_old(folder, function.name, keep=target)
        return Package(target, digest)

    def _bytecode(self, files: Mapping[str, Path]) -> dict[str, bytes]:
        interpreter = interpreter_for(self._platform.python)
        if interpreter is None:
            return {}
        return compile_files(interpreter, {n: p for n, p in files.items() if p.suffix == ".py"})


def _imports_of(
    functions: Iterable[FunctionSource], sources: Mapping[str, Sources], extras: tuple[str, ...]
) -> list[str]:
    """What all functions of one set of dependencies import of it."""
    of_set = (sources[f.name].imports for f in functions if f.extras == extras)
    return sorted(set().union(*of_set))
