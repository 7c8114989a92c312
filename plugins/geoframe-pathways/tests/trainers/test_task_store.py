"""Who may reach the task store, and whose values are used."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from geoframe import RunError
from geoframe_pathways.trainers.task_store import TOKEN, TaskStore, token_for


def reachable(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def test_it_listens_at_its_own_address_alone() -> None:
    store = TaskStore("127.0.0.1", 0, driver=True, token="t")
    assert reachable("127.0.0.1", store.port)
    assert not reachable("127.0.0.2", store.port)


def test_what_others_put_up_is_never_used() -> None:
    store = TaskStore("127.0.0.1", 0, driver=True, token="ours")
    store.put_result(b"ours")
    friend = TaskStore("127.0.0.1", store.port, driver=False, token="ours")
    assert friend.get_result(timedelta(seconds=5)) == b"ours"
    stranger = TCPStore("127.0.0.1", store.port, is_master=False, wait_for_workers=False)
    for forged in ("", "short", "x" * 64):
        stranger.set("result", forged)
        with pytest.raises(RunError, match="somebody without the token"):
            friend.get_result(timedelta(seconds=5))
    TaskStore("127.0.0.1", store.port, driver=False, token="guessed").put_result(b"theirs")
    with pytest.raises(RunError, match="somebody without the token"):
        store.get_result(timedelta(seconds=5))


def test_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TOKEN, "RANK"):
        monkeypatch.delenv(name, raising=False)
    assert token_for("127.0.0.1") != token_for("127.0.0.1")
    monkeypatch.setenv("RANK", "0")
    assert token_for("127.0.0.1") == ""
    with pytest.raises(RunError, match="set GEOFRAME_TOKEN to the same secret"):
        token_for("192.0.2.1")
    monkeypatch.setenv(TOKEN, "shared")
    assert token_for("192.0.2.1") == "shared"


def test_an_address_that_is_none_is_one_line() -> None:
    with pytest.raises(RunError, match="cannot be found"):
        driver_at("no-such-host.invalid")
    with pytest.raises(RunError, match=r"cannot listen at 192.0.2.1"):
        driver_at("192.0.2.1")


def driver_at(host: str) -> TaskStore:
    return TaskStore(host, 0, driver=True, token="t")
