"""Changes of item formats whose old items may still be there: docs/adr/0086-item-formats.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from contracts.item_format import FORMAT, ItemFormat
from functions.catalog.reviews import REVIEWER_FORMAT, REVIEWER_PREFIX
from scripts.kit.backfill import Work, in_current_format
from scripts.kit.endpoints import Endpoints


@dataclass(frozen=True, slots=True)
class Migration:
    """An item type that is brought to its current format.

    Attributes:
        table: as `endpoints.json` names it.
        items: all of the type, whatever their format.
        why: what the new format is for.
    """

    name: str
    table: str
    items: ConditionBase
    form: ItemFormat
    why: str

    def work(self, endpoints: Endpoints) -> Work:
        """What is to be rewritten on a stage."""
        return work(self.name, endpoints.tables[self.table], self.items, self.form)


def work(name: str, table: str, items: ConditionBase, form: ItemFormat) -> Work:
    """What is to be rewritten of one table: the items of a type that are of an earlier format."""
    number = Attr(FORMAT)
    earlier = number.not_exists() | number.lt(form.current)
    return Work(name, table, items & earlier, lambda item: in_current_format(table, item, form))


MIGRATIONS: Final[Mapping[str, Migration]] = {
    each.name: each
    for each in (
        Migration(
            "reviewers",
            "catalog",
            Attr("SK").begins_with(REVIEWER_PREFIX),
            REVIEWER_FORMAT,
            "a review is found by who wrote it, so that it can be erased",
        ),
    )
}
"""By name. One is taken away with the reader of its old format, once it is done everywhere."""
