"""The caches of CloudFront, and how pages are taken out of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from functions.shared.errors import Throttled

_BUSY: Final = frozenset({"TooManyInvalidationsInProgress", "Throttling"})


class Edge(Protocol):
    """Caches that hold pages of the shop."""

    def purge(self, paths: Sequence[str], reference: str) -> None:
        """Has pages fetched anew; the same reference again is the same purge.

        Raises:
            Throttled: too many purges are under way.
        """
        ...


class CloudFront:
    """The caches of one distribution.

    A path costs the same with and without a `*` at its end, and 15 of the latter may be under way
    at once. Source: "Concurrent invalidation request maximum" and "Pay for file invalidation" of
    the CloudFront guide.

    Args:
        distribution: its id.
    """

    def __init__(self, client: Callable[[], Any], distribution: str) -> None:
        self._client = client
        self._distribution = distribution

    def purge(self, paths: Sequence[str], reference: str) -> None:
        """See `Edge`."""
        batch = {
            "Paths": {"Quantity": len(paths), "Items": list(paths)},
            "CallerReference": reference,
        }
        try:
            self._client().create_invalidation(
                DistributionId=self._distribution, InvalidationBatch=batch
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _BUSY:
                raise Throttled("too many purges are under way") from error
            raise
