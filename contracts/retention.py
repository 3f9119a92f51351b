"""How long a person's data is kept: decisions of the shop, which its lawyers may have changed here.

What stages, queues and caches keep, and why, stands beside these in docs/personal-data.md.
"""

from datetime import timedelta
from typing import Final

ADDRESSES: Final = timedelta(days=730)
"""After this long the address of an order that is done with is removed without anybody asking."""

ACCESS_TOKENS: Final = timedelta(hours=1)
"""So long a token is taken, whatever becomes of its user: the gateway does not ask the pool."""

BOOKS_NEED_ADDRESSES: Final = timedelta(0)
"""So long an order that was accepted keeps its address even if its customer is erased: for a shop
whose tax law wants to see it. By default what was bought and paid is enough."""
