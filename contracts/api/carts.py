"""Operations on the customer's cart."""

from typing import Final

from contracts.api.rows import Operation, Who, nothing, ok
from contracts.cart_api import (
    AddItemRequest,
    CartView,
    ChangeItemRequest,
    ItemsView,
    MergeCartRequest,
)

OPERATIONS: Final = (
    Operation(
        "GET",
        "/cart",
        "getCart",
        "The cart with prices and availability as they are now.",
        "cart",
        Who.CUSTOMER,
        (ok(CartView, "The cart; empty, if there is none."),),
    ),
    Operation(
        "DELETE",
        "/cart",
        "clearCart",
        "Empty the cart.",
        "cart",
        Who.CUSTOMER,
        (nothing("It is empty."),),
    ),
    Operation(
        "POST",
        "/cart/items",
        "addItem",
        "Put so many more of a variant into the cart.",
        "cart",
        Who.CUSTOMER,
        (ok(ItemsView, "What is in the cart now."),),
        request=AddItemRequest,
    ),
    Operation(
        "PATCH",
        "/cart/items/{itemId}",
        "changeItem",
        "Set how many of a line are wanted.",
        "cart",
        Who.CUSTOMER,
        (ok(ItemsView, "What is in the cart now."),),
        request=ChangeItemRequest,
    ),
    Operation(
        "DELETE",
        "/cart/items/{itemId}",
        "removeItem",
        "Take a line out of the cart.",
        "cart",
        Who.CUSTOMER,
        (nothing("It is not in the cart."),),
    ),
    Operation(
        "POST",
        "/cart/merge",
        "mergeCart",
        "Take over what a guest put into a cart before logging in. A cart id counts once.",
        "cart",
        Who.CUSTOMER,
        (ok(ItemsView, "What is in the cart now, and what could not be taken over."),),
        request=MergeCartRequest,
    ),
)
