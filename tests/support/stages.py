"""Endpoints of a stage of which only AWS itself is there: tables, queues, a bus."""

from collections.abc import Mapping

from scripts.kit.endpoints import Endpoints
from tests.support.emulator import REGION


def bare_stage(url: str, name: str, tables: Mapping[str, str]) -> Endpoints:
    """What commands need to know of it.

    Args:
        url: of the embedded cloud.
        name: of its bus, and the beginning of the names of all that it has.
    """
    return Endpoints(
        api="",
        aws=url,
        region=REGION,
        access_key="local",
        secret_key="local",
        payments=None,
        mail=None,
        opensearch="",
        redis="",
        state_machines={"PlaceOrder": f"arn:aws:states:::stateMachine:{name}-PlaceOrder"},
        tables=tables,
        bus=name,
        archive=name,
        user_pool="",
        client="",
        users=(),
    )
