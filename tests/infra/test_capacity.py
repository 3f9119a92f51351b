"""What is reserved, throttled and bounded fits together, and into the account."""

from collections import defaultdict

from contracts.capacity import (
    PEAK_ORDERS_A_SECOND,
    PLACING,
    RESERVED,
    SECONDS_OF_OTHERS,
    UNRESERVED,
)
from infra.consumers import SUBSCRIPTIONS
from infra.messaging import CONCURRENCY
from infra.stages import STAGES
from infra.table import FUNCTIONS, ROUTES
from infra.table.saga import TASKS
from tests.infra.template import Template


def test_prod_reserves_what_the_table_says(prod: Template) -> None:
    reserved = {
        function["FunctionName"].removeprefix("commerce-prod-"): function[
            "ReservedConcurrentExecutions"
        ]
        for function in prod.of_type("AWS::Lambda::Function").values()
        if "ReservedConcurrentExecutions" in function
    }
    assert reserved == {name: row.executions for name, row in RESERVED.items()}


def test_the_whole_money_path_is_reserved() -> None:
    assert set(RESERVED) <= {spec.name for spec in FUNCTIONS}
    assert {task.name for task in TASKS} | {"PlaceOrderApi", "OutboxRelay"} <= set(RESERVED)


def test_what_is_left_carries_all_consumers_at_their_limit() -> None:
    prod = STAGES["prod"]
    left = prod.account_concurrency - sum(prod.reserved_concurrency.values())
    consumers = [each for each in SUBSCRIPTIONS if each.consumer.name not in RESERVED]
    assert left >= UNRESERVED >= 100 + len(consumers) * CONCURRENCY


def test_every_function_behind_a_route_has_a_limit_and_all_fit_into_what_is_left() -> None:
    others = [route for route in ROUTES if route.function not in RESERVED]
    limited = [route.throttle.rate for route in others if route.throttle]
    assert len(limited) == len(others)
    consumers = sum(each.consumer.name not in RESERVED for each in SUBSCRIPTIONS)
    assert sum(limited) * SECONDS_OF_OTHERS + consumers * CONCURRENCY <= UNRESERVED


def test_a_function_carries_what_its_routes_let_in() -> None:
    needed: dict[str, float] = defaultdict(float)
    for route in ROUTES:
        if route.throttle:
            assert route.throttle.burst <= route.throttle.rate
            if route.function in RESERVED:
                needed[route.function] += route.throttle.rate * RESERVED[route.function].seconds
    for function, executions in needed.items():
        assert executions <= RESERVED[function].executions, function


def test_the_money_path_carries_the_peak() -> None:
    assert PLACING.rate > PEAK_ORDERS_A_SECOND
    path = ("PlaceOrderApi", "ChargePayment", "ReserveInventory", "ConfirmOrder")
    for name in (*path, "SendConfirmation"):
        assert PEAK_ORDERS_A_SECOND * RESERVED[name].seconds <= RESERVED[name].executions, name


def test_no_route_lets_in_more_than_its_stage() -> None:
    stage = STAGES["prod"]
    assert all(
        route.throttle.rate <= stage.requests_a_second
        and route.throttle.burst <= stage.request_burst
        for route in ROUTES
        if route.throttle
    )
