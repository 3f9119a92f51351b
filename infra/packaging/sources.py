"""Which of our own files a handler needs, and what it imports from others: by reading, not running.

Imports inside functions count, those under `if TYPE_CHECKING:` do not. A module named by a string
is not found: the test that imports every handler from its package would tell.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.packaging.errors import PackagingError

OWN: Final = ("contracts", "functions")
_NOT_SHIPPED: Final = ("contracts/schemas",)
"""Folders of generated documents, beside the code but never read by it."""


@dataclass(slots=True)
class Sources:
    """Own files by their path in the package, and the names imported from other packages."""

    files: dict[str, Path] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)


def sources_of(module: str, root: Path) -> Sources:
    """Everything of ours that importing `module` can reach.

    Raises:
        PackagingError: the module, or one that it imports, does not exist.
    """
    found = Sources()
    pending, seen = [(module, "the functions table")], {module}
    while pending:
        name, wanted_by = pending.pop()
        path = _file_of(name, root)
        if path is None:
            raise PackagingError(f"No module {name} below {root}, wanted by {wanted_by}.")
        found.files[path.relative_to(root).as_posix()] = path
        tree = ast.parse(path.read_bytes(), filename=str(path))
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for imported in [*_parents(name), *_imports(tree, package, root)]:
            if imported.split(".")[0] not in OWN:
                if imported.split(".")[0] not in sys.stdlib_module_names:
                    found.imports.add(imported)
            elif imported not in seen:
                seen.add(imported)
                pending.append((imported, name))
    _add_data(found, root)
    return found


def _file_of(module: str, root: Path) -> Path | None:
    base = root.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _imports(tree: ast.AST, package: str, root: Path) -> Iterator[str]:
    for node in _runtime_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _from_imports(node, package, root)


def _from_imports(node: ast.ImportFrom, package: str, root: Path) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        parts = parts[: len(parts) - node.level + 1]
        base = ".".join([*parts, *([base] if base else [])])
    yield base
    own = base.split(".")[0] in OWN
    for alias in node.names:
        name = f"{base}.{alias.name}"
        # Of our own code we know which names are modules; of others the prober finds out.
        if alias.name != "*" and (not own or _file_of(name, root) is not None):
            yield name


def _runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The tree without what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for other in child.orelse:
                yield other
                yield from _runtime_nodes(other)
            continue
        yield child
        yield from _runtime_nodes(child)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _add_data(found: Sources, root: Path) -> None:
    """Adds the files that lie beside the code: templates and the like."""
    for package in sorted({path.parent for path in found.files.values()}):
        for path in sorted(package.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and path.suffix not in {".py", ".pyc"} and _belongs(path, package):
                found.files.setdefault(name, path)
    for name in [n for n in found.files if n.startswith(_NOT_SHIPPED)]:
        del found.files[name]


def _belongs(path: Path, package: Path) -> bool:
    """Whether a file is of this package itself, not of a package inside of it."""
    folder = path.parent
    while folder != package:
        if (folder / "__init__.py").exists() or folder.name == "__pycache__":
            return False
        folder = folder.parent
    return True
