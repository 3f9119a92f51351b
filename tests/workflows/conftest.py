"""The saga under test."""

from collections.abc import Iterator

import pytest

from tests.support.moto_saga import MotoSaga, moto_saga
from tests.support.saga_world import SagaWorld
from tests.support.saga_world_embedded import embedded_saga
from tests.workflows.matrix.running import Shop, settled


@pytest.fixture(scope="module")
def _moto() -> Iterator[MotoSaga]:
    with moto_saga() as world:
        yield world


@pytest.fixture
def saga(_moto: MotoSaga) -> Iterator[MotoSaga]:
    """The shop on moto, without faults."""
    yield _moto
    _moto.reset()


@pytest.fixture(scope="module")
def shop(_moto: MotoSaga) -> Iterator[Shop]:
    """The shop on moto, with everybody who looks after its orders."""
    with settled(_moto) as opened:
        yield opened


@pytest.fixture(scope="module")
def embedded() -> Iterator[SagaWorld]:
    """The shop on an embedded cloud."""
    with embedded_saga() as world:
        yield world
