"""Runs many cases at once, each process with a shop of its own."""

import logging
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import tests.conftest  # noqa: F401 - the environment, before a handler is imported
from functions.shared.logs import logger
from tests.workflows.matrix.cases import Case, case
from tests.workflows.matrix.running import Breach, Shop, run, shop

PROCESSES: Final = os.cpu_count() or 1
_TOGETHER: Final = 4
_kept: Final = ExitStack()
_shops: Final[list[Shop]] = []


def judged(cases: Sequence[Case]) -> Iterator[tuple[Case, str | None]]:
    """Each case as it is done, and what it broke, in words; None: nothing."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, _begin) as pool:
        for name, breach in pool.imap_unordered(_judge, map(str, cases), _TOGETHER):
            yield case(name), breach


def _begin() -> None:
    """A process of the pool: its shop, and silence."""
    logging.getLogger("moto").setLevel(logging.CRITICAL)
    logger.setLevel(logging.CRITICAL)
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives
    _shops.append(_kept.enter_context(shop()))


def _judge(name: str) -> tuple[str, str | None]:
    try:
        run(_shops[0], case(name))
    except Breach as breach:
        return name, str(breach)
    return name, None
