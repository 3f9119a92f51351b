"""Drift: what is stale, missing or left over among the generated files."""

from pathlib import Path

from scripts.dev.generate import differences


def write(root: Path, **files: str) -> Path:
    """A tree with generated schemas."""
    (root / "contracts" / "schemas").mkdir(parents=True)
    for name, text in files.items():
        (root / "contracts" / "schemas" / f"{name}.json").write_text(text)
    return root


def test_each_kind_of_drift_is_named(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", same="1", stale="1", left="1")
    fresh = write(tmp_path / "fresh", same="1", stale="2", missing="1")
    assert differences(ours, fresh) == [
        "contracts/schemas/left.json is left over: nothing generates it",
        "contracts/schemas/missing.json is missing",
        "contracts/schemas/stale.json is stale",
    ]
    assert differences(ours, ours) == []
