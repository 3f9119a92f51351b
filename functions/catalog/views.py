"""Products and reviews as the API shows them."""

from contracts.catalog_api import (
    PriceRangeView,
    ProductSummary,
    ProductView,
    RatingView,
    ReviewView,
    VariantView,
)
from contracts.catalog_items import ProductItem
from contracts.money import Money
from functions.catalog.domain import Product, rating_tenths
from functions.catalog.reviews import Review


def product_view(product: Product) -> ProductView:
    """A product as it is sold. A retired variant is left out."""
    item = product.item
    return ProductView(
        product_id=item.product_id,
        name=item.name,
        description=item.description,
        category=item.category,
        brand=item.brand,
        tags=item.tags,
        created_at=item.created_at,
        in_stock=item.in_stock,
        rating=rating_view(item),
        variants=tuple(
            VariantView(
                variant_id=variant.variant_id,
                sku=variant.sku,
                name=variant.name,
                price=Money(amount=variant.price, currency=variant.currency),
                attributes=dict(variant.attributes),
                in_stock=variant.in_stock,
            )
            for variant in product.sold_variants
        ),
    )


def product_summary(item: ProductItem) -> ProductSummary:
    """A product in a list."""
    return ProductSummary(
        product_id=item.product_id,
        name=item.name,
        category=item.category,
        brand=item.brand,
        prices=PriceRangeView(**item.prices._asdict()) if item.prices else None,
        in_stock=item.in_stock,
        rating=rating_view(item),
    )


def rating_view(item: ProductItem) -> RatingView:
    """What customers think of a product, on average."""
    average = rating_tenths(item) / 10 if item.rating_count else None
    return RatingView(average=average, count=item.rating_count)


def review_view(review: Review) -> ReviewView:
    """A review, without who wrote it."""
    return ReviewView(
        review_id=review.review_id,
        rating=review.stars,
        text=review.text,
        created_at=review.created_at,
        verified_purchase=review.verified,
    )
