"""What operators do with products: create, edit, price, retire."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from contracts.catalog_api import (
    MAX_VARIANTS,
    NewProduct,
    NewVariant,
    ProductChange,
    VariantChange,
)
from contracts.catalog_items import CatalogStatus, ProductItem, VariantItem
from functions.catalog.attempts import Pause, decided, pause
from functions.catalog.domain import Product
from functions.catalog.store import (
    CatalogReads,
    ProductExists,
    ProductMoved,
    ProductWrites,
    SkuTaken,
)
from functions.catalog.views import product_view
from functions.shared.clock import Clock
from functions.shared.http import matches, tag_of
from functions.shared.problems import Problem, not_found

Decide = Callable[[Product], Product]

_NOT_POSSIBLE: Final = "The product cannot be changed like this."


@dataclass(frozen=True, slots=True)
class ManageCatalog:
    """Changes products. Each change brings the product to its next version.

    A change that finds the product as it would make it does nothing, so each may be repeated.
    """

    reads: CatalogReads
    writes: ProductWrites
    now: Clock
    pause: Pause = pause

    def create(self, request: NewProduct) -> Product:
        """The new product, or the one that the same request has created before.

        Raises:
            Problem: 409 if there is another product of this id, retired or not, or a SKU is
                another variant's; 422 if it repeats a variant or mixes currencies.
        """
        _require_distinct(request)
        created = decided(lambda: self._create(request), self.pause)
        if created.item.origin != _origin(request) or not created.sold:
            raise _conflict("There is another product of this id.", "/productId")
        return created

    def _create(self, request: NewProduct) -> Product:
        product_id, at = request.product_id, self.now()
        found = self.reads.product(product_id)
        if found is not None:
            return found
        skus = self.reads.skus(variant.sku for variant in request.variants)
        item = ProductItem(
            **request.model_dump(exclude={"variants", "tags"}),
            tags=tuple(dict.fromkeys(request.tags)),
            created_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            origin=_origin(request),
        )
        product = Product(item, ())
        for variant in request.variants:
            in_stock = skus[variant.sku].in_stock
            product = product.with_variant(_variant(product_id, variant, in_stock))
        product = product.summed_up()
        try:
            self.reads.database.transact(self.writes.create(product, skus, at))
        except ProductExists as error:
            raise ProductMoved from error
        except SkuTaken as taken:
            at_index = [variant.sku for variant in request.variants].index(taken.sku)
            raise _taken(f"/variants/{at_index}/sku") from taken
        return product

    def edit(self, product_id: str, if_match: str | None, request: ProductChange) -> Product:
        """The product with what the request names.

        Raises:
            Problem: 404 if there is none, 428 without a tag, 412 if it has changed since.
        """
        changes = request.model_dump(exclude_unset=True)
        if "tags" in changes:
            changes["tags"] = tuple(dict.fromkeys(request.tags))
        return self._change(
            product_id,
            lambda product: product.with_item(replace(product.item, **changes)),
            _required(if_match),
        )

    def add_variant(self, product_id: str, request: NewVariant) -> Product:
        """The product with the variant, added now or by the same request before.

        Raises:
            Problem: 404 if there is no such product; 409 if the id or the SKU is another
                variant's; 422 for another currency, or if there are too many.
        """

        def decide(product: Product) -> Product:
            known = product.variant(request.variant_id)
            if known is not None:
                if known != _variant(product_id, request, known.in_stock):
                    raise _conflict("There is another variant of this id.", "/variantId")
                return product
            if len(product.variants) == MAX_VARIANTS:
                raise _invalid(f"A product has at most {MAX_VARIANTS} variants.", "/variantId")
            _require_currency(product, request.price.currency)
            in_stock = self.reads.skus([request.sku])[request.sku].in_stock
            return product.with_variant(_variant(product_id, request, in_stock))

        try:
            return self._change(product_id, decide)
        except SkuTaken as taken:
            raise _taken("/sku") from taken

    def change_variant(
        self, product_id: str, variant_id: str, if_match: str | None, request: VariantChange
    ) -> Product:
        """The product with the variant as the request names it.

        Raises:
            Problem: 404 if there is none, 428 without a tag, 412 if the product has changed
                since, 422 for another currency.
        """
        changes: dict[str, Any] = request.model_dump(exclude_unset=True)
        if "price" in changes:
            changes["price"] = request.price.amount

        def decide(product: Product) -> Product:
            variant = _variant_of(product, variant_id)
            if variant.status is not CatalogStatus.ACTIVE:
                raise not_found("variant")
            if "price" in changes:
                _require_currency(product, request.price.currency)
            return product.with_variant(replace(variant, **changes))

        return self._change(product_id, decide, _required(if_match))

    def retire_variant(self, product_id: str, variant_id: str) -> None:
        """Sells the variant no more. Its id and SKU stay its own.

        Raises:
            Problem: 404 if there never was one.
        """

        def decide(product: Product) -> Product:
            variant = _variant_of(product, variant_id)
            return product.with_variant(replace(variant, status=CatalogStatus.RETIRED))

        self._change(product_id, decide)

    def retire(self, product_id: str) -> None:
        """Shows and sells the product no more, for good. What orders say of it stays.

        Raises:
            Problem: 404 if there never was one.
        """

        def decide(product: Product) -> Product:
            return product.with_item(replace(product.item, status=CatalogStatus.RETIRED))

        self._change(product_id, decide, of_retired=True)

    def _change(
        self,
        product_id: str,
        decide: Decide,
        if_match: str | None = None,
        *,
        of_retired: bool = False,
    ) -> Product:
        def attempt() -> Product:
            product = self.reads.product(product_id)
            if product is None or not (product.sold or of_retired):
                raise not_found("product")
            tag = tag_of(product_view(product))
            if if_match is not None and not matches(if_match, tag):
                raise _changed_since(tag)
            after = decide(product).summed_up()
            return product if after == product else self._save(product, after)

        return decided(attempt, self.pause)

    def _save(self, before: Product, after: Product) -> Product:
        known = {variant.variant_id for variant in before.variants}
        new = [variant for variant in after.variants if variant.variant_id not in known]
        skus = self.reads.skus(variant.sku for variant in new) if new else {}
        if any(skus[variant.sku].in_stock != variant.in_stock for variant in new):
            raise ProductMoved
        writes = self.writes.change_variants(before, after, skus, self.now())
        self.reads.database.transact(writes)
        return after.with_item(replace(after.item, version=before.item.version + 1))


def _variant(product_id: str, request: NewVariant, in_stock: bool) -> VariantItem:
    return VariantItem(
        product_id=product_id,
        variant_id=request.variant_id,
        sku=request.sku,
        name=request.name,
        price=request.price.amount,
        currency=request.price.currency,
        attributes=request.attributes,
        in_stock=in_stock,
    )


def _variant_of(product: Product, variant_id: str) -> VariantItem:
    variant = product.variant(variant_id)
    if variant is None:
        raise not_found("variant")
    return variant


def _origin(request: NewProduct) -> str:
    return hashlib.sha256(request.model_dump_json().encode()).hexdigest()[:32]


def _require_distinct(request: NewProduct) -> None:
    ids: set[str] = set()
    skus: set[str] = set()
    for i, variant in enumerate(request.variants):
        if variant.variant_id in ids:
            raise _invalid("Two variants have this id.", f"/variants/{i}/variantId")
        if variant.sku in skus:
            raise _invalid("Two variants have this SKU.", f"/variants/{i}/sku")
        if variant.price.currency != request.variants[0].price.currency:
            raise _invalid("Prices are of one currency.", f"/variants/{i}/price/currency")
        ids.add(variant.variant_id)
        skus.add(variant.sku)


def _require_currency(product: Product, currency: str) -> None:
    if any(variant.currency != currency for variant in product.variants):
        raise _invalid("The product is sold in another currency.", "/price/currency")


def _required(if_match: str | None) -> str:
    if if_match:
        return if_match
    detail = "The header If-Match is required: the ETag of the product that is to be changed."
    errors = [{"detail": detail, "header": "If-Match"}]
    raise Problem(HTTPStatus.PRECONDITION_REQUIRED, detail, errors=errors)


def _changed_since(tag: str) -> Problem:
    detail = "The product has changed since it was read; its ETag now stands in this answer."
    errors = [{"detail": detail, "header": "If-Match"}]
    headers = {"ETag": tag}
    return Problem(HTTPStatus.PRECONDITION_FAILED, detail, errors=errors, headers=headers)


def _taken(pointer: str) -> Problem:
    return _conflict("Another variant has this SKU.", pointer)


def _conflict(detail: str, pointer: str) -> Problem:
    errors = [{"detail": detail, "pointer": pointer}]
    return Problem(HTTPStatus.CONFLICT, _NOT_POSSIBLE, errors=errors)


def _invalid(detail: str, pointer: str) -> Problem:
    errors = [{"detail": detail, "pointer": pointer}]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _NOT_POSSIBLE, errors=errors)
