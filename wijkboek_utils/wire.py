"""Messages of Jupyter over one local socket, in place of five of ZeroMQ.

A message is the list of parts that `jupyter_client.session` makes of it, with its channel in front.
"""

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from typing import Any

IOPUB, SHELL = b"i", b"s"
_COUNT = struct.Struct("!I")
_SIZE = struct.Struct("!Q")


def packed(channel: bytes, parts: Iterable[Any]) -> bytes:
    """Return a message as bytes that say themselves where they end."""
    views = [memoryview(part).cast("B") for part in (channel, *parts)]
    sizes = b"".join(_SIZE.pack(len(view)) for view in views)
    return b"".join([_COUNT.pack(len(views)), sizes, *views])


class Unpacker:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held = bytearray()
        self._wanted = _COUNT.size  # no use in looking again before there are so many

    def feed(self, got: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
        """Yield the channel and the parts of each message that is whole now."""
        self._held += got
        while len(self._held) >= self._wanted and (found := self._cut()):
            yield found

    def _cut(self) -> tuple[bytes, list[bytes]] | None:
        (count,) = _COUNT.unpack_from(self._held)
        start = _COUNT.size + count * _SIZE.size
        self._wanted = start
        if len(self._held) < start:
            return None
        sizes = [
            _SIZE.unpack_from(self._held, _COUNT.size + n * _SIZE.size)[0] for n in range(count)
        ]
        self._wanted = start + sum(sizes)
        if len(self._held) < self._wanted:
            return None
        parts = []
        for size in sizes:
            parts.append(bytes(self._held[start : start + size]))
            start += size
        del self._held[:start]
        self._wanted = _COUNT.size
        return parts[0], parts[1:]


class Sender:
    """One channel of the socket, with the face of a socket of ZeroMQ that only sends."""

    threads = threading.RLock()  # who holds it sends alone; renewed in a fork

    def __init__(self, channel: bytes, wire: socket.socket, guard: int) -> None:
        """Send on `wire`; `guard` is a file that processes lock, for forks may send on it too."""
        self._channel, self._wire, self._guard = channel, wire, guard

    def send_multipart(self, parts: list[Any], *rest: Any, **options: Any) -> None:
        """Send a message as a whole, whoever else sends; what nobody hears any more is dropped."""
        import fcntl

        message = packed(self._channel, parts)
        with Sender.threads:
            fcntl.lockf(self._guard, fcntl.LOCK_EX)
            try:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self._wire.sendall(message)
            finally:
                fcntl.lockf(self._guard, fcntl.LOCK_UN)

    def flush(self, *rest: Any) -> None:
        """Nothing waits here."""


def guard() -> int:
    """Return a file for `Sender` to lock."""

    def renew() -> None:  # a thread that is gone in the fork may have held it
        Sender.threads = threading.RLock()

    os.register_at_fork(after_in_child=renew)
    return os.memfd_create("wijkboek")
