"""What the shop itself serves of its contracts. A package, so that only who imports it ships it."""

from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parent / "openapi.json"
PAGE: Final = Path(__file__).parent / "docs.html"
