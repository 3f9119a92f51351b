"""Who keeps the edge's caches right."""

from typing import Final

from infra.table.rows import FunctionSpec, Grant

PURGE_PAGES: Final = FunctionSpec(
    "PurgePages",
    "functions.edge.purge_pages.handler",
    ("DISTRIBUTION_ID",),
    (Grant("distribution", ("cloudfront:CreateInvalidation",)),),
    memory=512,
)
"""Takes the pages of changed products out of the caches."""
