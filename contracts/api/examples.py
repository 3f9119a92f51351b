"""One example of each body. A test holds each against its model."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from contracts import cart_api, catalog_api, inventory_api, orders_api, search_api, webhooks_api

_ORDER_ID: Final = "0b6a1e34-6b1f-5d0e-8c55-2c1a2f9b8a10"
_REFUND_ID: Final = "9d3c5a41-52f6-5a62-a4e4-8f1f2f6f5b20"
_AT: Final = "2026-01-05T09:30:00Z"
_PRICE: Final = {"amount": 1290, "currency": "EUR"}
_RATING: Final = {"average": 4.5, "count": 12}
_LINE: Final = {"productId": "mug-harbour", "variantId": "blue", "quantity": 2}
_ITEM: Final = {"itemId": "mug-harbour.blue", **_LINE}
_ADDRESS: Final = {
    "name": "Ada Example",
    "line1": "1 Harbour Street",
    "city": "Hamburg",
    "postalCode": "20095",
    "country": "DE",
}
_REFUND: Final = {
    "refundId": _REFUND_ID,
    "orderId": _ORDER_ID,
    "status": "PENDING",
    "amount": _PRICE,
    "lines": [{**_LINE, "quantity": 1, "restock": True}],
    "reason": "One arrived broken",
    "createdAt": _AT,
}
_SUMMARY: Final = {
    "orderId": _ORDER_ID,
    "status": "PENDING",
    "createdAt": _AT,
    "total": {"amount": 2580, "currency": "EUR"},
}
_ORDERED: Final = {
    **_LINE,
    "sku": "MUG-HARBOUR-BLUE",
    "name": "Harbour mug, blue",
    "unitPrice": _PRICE,
}
_VARIANT: Final = {
    "variantId": "blue",
    "sku": "MUG-HARBOUR-BLUE",
    "name": "Blue",
    "price": _PRICE,
    "attributes": {"colour": "blue"},
}
_PRODUCT: Final = {
    "productId": "mug-harbour",
    "name": "Harbour mug",
    "category": "mugs",
    "brand": "Kiln",
}
_DESCRIBED: Final = {**_PRODUCT, "description": "Stoneware, 0.4 l.", "tags": ["stoneware"]}
_REVIEW: Final = {"rating": 5, "text": "Keeps the tea warm."}
_RANGE: Final = {"lowest": 1290, "highest": 1490, "currency": "EUR"}

EXAMPLES: Final[Mapping[type[BaseModel], Any]] = {
    orders_api.PlaceOrderRequest: {
        "items": [_LINE],
        "shippingAddress": _ADDRESS,
        "paymentMethodId": "pm_card_visa",
        "expectedTotal": 2580,
    },
    orders_api.OrderView: {
        **_SUMMARY,
        "items": [_ORDERED],
        "shippingAddress": _ADDRESS,
        "refunds": [],
    },
    orders_api.OrderPage: {"orders": [_SUMMARY]},
    orders_api.ExecutionView: {
        "orderId": _ORDER_ID,
        "orderStatus": "PENDING",
        "status": "RUNNING",
        "currentState": "ReserveInventory",
        "steps": [{"state": "ChargePayment", "completedAt": _AT}],
    },
    orders_api.RefundRequest: {
        "lines": [{**_LINE, "quantity": 1}],
        "restock": True,
        "reason": "One arrived broken",
    },
    orders_api.RefundView: _REFUND,
    cart_api.AddItemRequest: _LINE,
    cart_api.ChangeItemRequest: {"quantity": 3},
    cart_api.MergeCartRequest: {
        "cartId": "2f1c7c1e-6d3b-4f5a-9f0e-3b7b5a1f7c11",
        "items": [_LINE],
    },
    cart_api.ItemsView: {"items": [_ITEM]},
    cart_api.CartView: {
        "items": [
            {
                **_ITEM,
                "availability": "IN_STOCK",
                "name": "Harbour mug, blue",
                "sku": "MUG-HARBOUR-BLUE",
                "unitPrice": _PRICE,
                "lineTotal": {"amount": 2580, "currency": "EUR"},
            }
        ],
        "total": {"amount": 2580, "currency": "EUR"},
        "expiresAt": _AT,
    },
    catalog_api.NewProduct: {**_DESCRIBED, "variants": [_VARIANT]},
    catalog_api.ProductChange: {"name": "Harbour mug, large"},
    catalog_api.NewVariant: _VARIANT,
    catalog_api.VariantChange: {"price": {"amount": 1390, "currency": "EUR"}},
    catalog_api.NewReview: _REVIEW,
    catalog_api.ProductView: {
        **_DESCRIBED,
        "createdAt": _AT,
        "inStock": True,
        "rating": _RATING,
        "variants": [{**_VARIANT, "inStock": True}],
    },
    catalog_api.ProductPage: {
        "products": [{**_PRODUCT, "prices": _RANGE, "inStock": True, "rating": _RATING}]
    },
    catalog_api.CategoryList: {"categories": [{"category": "mugs", "products": 7}]},
    catalog_api.ReviewView: {
        **_REVIEW,
        "reviewId": "7d7f1d6e-1c1c-5b8e-9c57-0f6c1d3a7b30",
        "createdAt": _AT,
        "verifiedPurchase": True,
    },
    catalog_api.ReviewPage: {
        "rating": _RATING,
        "reviews": [
            {
                **_REVIEW,
                "reviewId": "7d7f1d6e-1c1c-5b8e-9c57-0f6c1d3a7b30",
                "createdAt": _AT,
                "verifiedPurchase": True,
            }
        ],
    },
    inventory_api.ChangeShardsRequest: {"shards": 4},
    inventory_api.ReceiveStockRequest: {"quantity": 120},
    inventory_api.StockView: {
        "sku": "MUG-HARBOUR-BLUE",
        "shards": 1,
        "available": 118,
        "received": 120,
        "levels": [{"shard": 0, "available": 118}],
    },
    inventory_api.ReceiptView: {
        "receiptId": "3e5f6a7b-8c9d-5e0f-a1b2-c3d4e5f60718",
        "sku": "MUG-HARBOUR-BLUE",
        "quantity": 120,
    },
    search_api.SearchPage: {
        "total": 1,
        "hits": [
            {
                **_PRODUCT,
                "prices": _RANGE,
                "inStock": True,
                "rating": _RATING,
                "highlights": {"name": "Harbour <em>mug</em>"},
            }
        ],
        "facets": {
            "categories": [{"category": "mugs", "products": 1}],
            "prices": [{"minPrice": 1000, "maxPrice": 1999, "products": 1}],
            "ratings": [{"rating": 4, "products": 1}],
        },
    },
    search_api.Suggestions: {"suggestions": [{"productId": "mug-harbour", "name": "Harbour mug"}]},
    webhooks_api.ProviderEvent: {
        "id": "evt_1",
        "object": "event",
        "type": "charge.refunded",
        "data": {"object": {}},
    },
    webhooks_api.EventTaken: {"received": True},
}
