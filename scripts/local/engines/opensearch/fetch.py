"""Fetch the jars of the search engine: `fetch.py --into DIR --cache DIR`.

`jars.lock` has a line for each: `group:artifact:version:packaging:classifier:sha256`. A jar that is
in the cache is not fetched again; one whose SHA-256 is not the locked one is an error, and goes.
"""

import argparse
import hashlib
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LOCK: Final = Path(__file__).parent / "jars.lock"
AT_ONCE: Final = 8
ATTEMPTS: Final = 3
TIMEOUT: Final = 30  # seconds without a byte
EVERY: Final = 2.0  # seconds between two lines of progress


class FetchError(Exception):
    """A jar cannot be had; the message says which."""


@dataclass(frozen=True)
class Jar:
    """A locked artifact. `classifier` is empty for most."""

    group: str
    artifact: str
    version: str
    packaging: str
    classifier: str
    sha256: str

    @property
    def file(self) -> str:
        """The file's name, unique among all."""
        parts = (self.artifact, self.version, self.classifier)
        return "-".join(part for part in parts if part) + f".{self.packaging}"


def locked(lock: Path = LOCK) -> list[Jar]:
    """All jars of the lock file."""
    return [Jar(*line.split(":")) for line in lock.read_text().split()]


def fetch(jar: Jar, context: Any, into: Path) -> None:
    """Brings one jar into a folder.

    Raises:
        FetchError: it cannot be had, or is not the locked one.
    """
    wanted = context.project(jar.group, jar.artifact).at_version(jar.version)
    artifact = wanted.artifact(packaging=jar.packaging, classifier=jar.classifier)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            source = Path(artifact.resolve())
        except Exception as error:  # jgo raises what its HTTP client does, and more
            if attempt == ATTEMPTS:
                raise FetchError(f"{jar.file} could not be fetched ({error})") from error
            continue
        if hashlib.sha256(source.read_bytes()).hexdigest() == jar.sha256:
            place(source, into / jar.file)
            return
        source.unlink()
    raise FetchError(f"{jar.file} is not the one whose SHA-256 is locked in {LOCK.name}")


def place(source: Path, target: Path) -> None:
    """Links a file where both are on one disk, else copies it; a reader never sees half of it."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        partial = target.with_suffix(".partial")
        shutil.copyfile(source, partial)
        partial.replace(target)


def fetch_all(jars: list[Jar], cache: Path, into: Path) -> None:
    """Brings all, says now and then how many are there, and takes away what is not of the lock."""
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=cache, timeout=TIMEOUT)
    into.mkdir(parents=True, exist_ok=True)
    done, stop = [0], threading.Event()
    teller = threading.Thread(target=_tell, args=(done, len(jars), stop), daemon=True)
    teller.start()

    def one(jar: Jar) -> None:
        fetch(jar, context, into)
        done[0] += 1

    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, jars))
    finally:
        stop.set()
        teller.join()
    names = {jar.file for jar in jars}
    for file in into.iterdir():
        if file.name not in names:
            file.unlink()


def _tell(done: list[int], total: int, stop: threading.Event) -> None:
    while not stop.wait(EVERY):
        print(f"  jars: {done[0]} of {total}", flush=True)


def main() -> int:
    """Fetch; returns 1 after one sentence where a jar cannot be had."""
    parser = argparse.ArgumentParser(description="Fetch the jars of the search engine.")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    args = parser.parse_args()
    jars, began = locked(), time.monotonic()
    try:
        fetch_all(jars, args.cache, args.into)
    except FetchError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"  {len(jars)} jars, {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
