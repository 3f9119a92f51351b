"""docs/personal-data.md says how long prod keeps what ends by itself."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.retention import ACCESS_TOKENS, ADDRESSES, BOOKS_NEED_ADDRESSES
from functions.carts.domain import LIFETIME
from infra.messaging import KEPT_DAYS
from infra.stages import STAGES

PAGE = (Path(__file__).parents[2] / "docs" / "personal-data.md").read_text(encoding="utf-8")
PROD = STAGES["prod"]


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ("archive of the bus", f"{PROD.archive_days} days"),
        ("logs", f"{PROD.log_retention_days} days"),
        ("dead letters", f"{KEPT_DAYS} days"),
        ("what SES tells", f"at most {KEPT_DAYS} days"),
        ("tokens", f"{ACCESS_TOKENS // timedelta(hours=1)} hour"),
        ("carts", f"{timedelta(seconds=LIFETIME).days} days"),
    ],
)
def test_the_page_says_how_long_prod_keeps_it(what: str, kept: str) -> None:
    (row,) = re.findall(rf"^\| {what}[^|]*\|([^|]*)\|", PAGE, re.MULTILINE)
    assert row.strip().partition(":")[0] == kept


def test_the_page_says_how_long_addresses_are_kept() -> None:
    assert f"{ADDRESSES.days} days (`contracts/retention.py`), then `retain`" in PAGE
    assert f"`contracts/retention.py`, {BOOKS_NEED_ADDRESSES.days} days" in PAGE


def test_no_address_goes_before_the_books_are_done_with_it() -> None:
    assert ADDRESSES >= BOOKS_NEED_ADDRESSES


def test_what_was_erased_is_known_for_as_long_as_a_backup_may_bring_it_back() -> None:
    assert PROD.backups
    assert min(PROD.archive_days, PROD.log_retention_days) >= 35
