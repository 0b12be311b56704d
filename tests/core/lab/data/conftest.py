"""Nothing here touches the network: only loopback addresses can be reached. A small file stands for a set's own."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from small_set import CONTENT, closed, sha256, with_files

from core.lab.data.download import File


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is resolved, no proxy asked, and nothing found by way of the environment."""

    def resolve(host: Any, *rest: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "offline")
        return resolve_here(host, *rest, **options)

    resolve_here = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("TRIVIUM_DATA", raising=False)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> File:
    """Puts a small file in the place of Tiny Shakespeare's, without an address."""
    file = File("tiny-shakespeare/input.txt", len(CONTENT), sha256(CONTENT), (closed(),))
    with_files(monkeypatch, "tiny-shakespeare", (file,))
    return file
