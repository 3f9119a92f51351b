"""What the edge and the API agree on: where the API is served, and how long its pages are kept."""

from typing import Final

API_STAGE: Final = "api"
"""The gateway's stage behind an edge: the first part of every path, so that none is rewritten."""

ORIGIN_HEADER: Final = "X-Origin-Verify"
"""By its secret value the API knows what the edge sends."""

PRODUCT_PAGE_SECONDS: Final = 60
"""How old a page of the catalog may be where nobody takes it out of the cache before."""


def product_pages(product_id: str | None = None) -> str:
    """All pages of a product, or of all products, as a path of CloudFront's invalidations.

    The pages of a product are its own, its reviews, and each with any query. A path that ends in
    `*` costs as much as one page; that it takes products along whose id begins alike does no harm.
    """
    return f"/{API_STAGE}/products/{product_id or ''}*"
