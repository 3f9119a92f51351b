"""Ports: one block, moved by one variable."""

import pytest

from scripts.local.ports import DEFAULT_BASE, VARIABLE, PortError, Ports


def test_the_block_follows_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert Ports.from_environment() == Ports(*range(DEFAULT_BASE, DEFAULT_BASE + 5))
    monkeypatch.setenv(VARIABLE, "5200")
    assert Ports.from_environment() == Ports(5200, 5201, 5202, 5203, 5204)


@pytest.mark.parametrize("text", ["", "abc", "80", "70000", "-1", "4600.5"])
def test_what_is_no_port_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(PortError, match=VARIABLE):
        Ports.from_environment()
