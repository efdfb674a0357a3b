"""An engine for papermill that runs each notebook in a process forked from a warm one.

    papermill --engine wijkboek in.ipynb out.ipynb

Only the start of the kernel and the way to it are ours. What comes back is handled by papermill's
own engine, so that outputs, errors and metadata are the same. Where a process cannot be forked, or
the notebook asks for another kernel than that of this Python, the stock engine runs it.
"""

import asyncio
import atexit
import contextlib
import json
import os
import queue
import select
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import nbformat
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_client.session import Session
from papermill.engines import NBClientEngine, NotebookExecutionManager

from wijkboek_utils import forks, wire
from wijkboek_utils.forks import Forked, Nursery

_PROCESS = "wijkboek_utils.notebook_process:serve"
_PATIENCE = 2.5  # seconds that a notebook may take to end by itself, as jupyter_client gives it
Fork = Callable[[str, dict[str, Any]], Forked]


class TooLong(Exception):
    """A notebook took more time than it may."""


class ForkEngine(NBClientEngine):
    """Runs a notebook in a process that has imported what notebooks import."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        fork: Fork | None = None,
        memory: int | None = None,
        notebook_timeout: float | None = None,
        **kwargs: Any,
    ) -> nbformat.NotebookNode:
        """Execute the cells; arguments as for papermill's own engine.

        `fork` makes the process (by default that of a nursery which lives as long as we do);
        `memory` is how many bytes it may take beside what it starts with; `notebook_timeout` the
        seconds for all cells together. Raises TooLong, and what papermill raises.
        """
        if not forks.CAN_FORK or kernel_name != NATIVE_KERNEL_NAME:
            return NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **kwargs)
        kernel = _Kernel(fork or _home(os.getpid()).fork, memory, notebook_timeout)
        try:
            done = NBClientEngine.execute_managed_notebook(nb_man, kernel_name, km=kernel, **kwargs)
            kernel.leave()
            return done
        except Exception as error:
            if kernel.late:
                raise TooLong(f"{notebook_timeout:g} s") from error
            raise
        finally:
            kernel.end()


@cache
def _home(pid: int) -> Nursery:
    """Return the nursery of this process, number `pid`, for who did not bring one."""
    home = Nursery("wijkboek_utils.warm:libraries")
    atexit.register(home.close)
    return home


class _Kernel:
    """A forked kernel, with the part of a kernel manager that nbclient uses."""

    ipykernel = False  # takes no arguments of the command line
    has_kernel = False
    kernel_id = "wijkboek"

    def __init__(self, fork: Fork, memory: int | None, seconds: float | None) -> None:
        self._fork, self._memory = fork, memory
        self._end = time.monotonic() + seconds if seconds else None
        self._process: Forked | None = None
        self._client: _Client | None = None
        self.late = False

    def start_kernel(self, cwd: str | None = None, **kwargs: Any) -> None:
        """Start it; nbclient does so before the first cell."""
        how = {"cwd": cwd or os.getcwd(), "env": {**os.environ}, "memory": self._memory}
        self._process = self._fork(_PROCESS, how)
        self.has_kernel = True

    def client(self) -> "_Client":
        """Return the client of this kernel."""
        assert self._process
        self._client = _Client(self, self._process)
        return self._client

    async def is_alive(self) -> bool:
        """Return whether it still runs; one that is too late is ended here."""
        assert self._process
        if self._end and time.monotonic() > self._end:
            self.late = True
            self.end()
        return self._process.poll() is None

    async def cleanup_resources(self) -> None:
        """Nothing is left: the process ends with the notebook."""

    async def shutdown_kernel(self, now: bool = False) -> None:
        """End it."""
        self.end()

    async def interrupt_kernel(self) -> None:
        """Stop the cell that runs, as Ctrl-C does."""
        assert self._process
        self._process.signal(signal.SIGINT)

    def leave(self) -> None:
        """Let it end by itself: close its files and do what it keeps for the end."""
        if self._client:
            self._client.leave(_PATIENCE)

    def end(self) -> None:
        """End it and all that it started."""
        if self._client:
            self._client.stop_channels()
        if self._process:
            self._process.end(group=True)


@cache
def _session(pid: int) -> Session:
    """Return what makes and numbers the messages of this process, number `pid`."""
    return Session(key=b"")


def _message(parts: list[bytes]) -> dict[str, Any]:
    """Return what a kernel said: as Session.deserialize does, but only the date that is read."""
    header, parent, metadata, content = map(json.loads, parts[1:5])
    header["date"] = datetime.fromisoformat(header["date"])
    return {
        "header": header,
        "msg_id": header["msg_id"],
        "msg_type": header["msg_type"],
        "parent_header": parent,
        "metadata": metadata,
        "content": content,
        "buffers": [memoryview(part) for part in parts[5:]],
    }


class _Client:
    """The part of a kernel client that nbclient uses, over the socket of a forked kernel."""

    allow_stdin = False

    def __init__(self, kernel: _Kernel, process: Forked) -> None:
        self._kernel, self._link = kernel, process.link
        self._closed = False
        self.session = _session(os.getpid())
        self._unpacker = wire.Unpacker()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queues: dict[bytes, asyncio.Queue[dict[str, Any]]] = {
            channel: asyncio.Queue() for channel in (wire.IOPUB, wire.SHELL)
        }
        self.iopub_channel = SimpleNamespace(get_msg=self._getter(wire.IOPUB))
        self.shell_channel = SimpleNamespace(get_msg=self._getter(wire.SHELL), send=self._put)

    def start_channels(self) -> None:
        """Listen from now on."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._link, self._read)

    def stop_channels(self) -> None:
        """Listen no more."""
        if self._loop and not self._loop.is_closed():
            self._loop.remove_reader(self._link)
        self._loop = None

    def leave(self, seconds: float) -> None:
        """Say that no more is asked; return when it has ended, or after some seconds."""
        self.stop_channels()
        end = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_WR)
            while (left := end - time.monotonic()) > 0:
                self._link.settimeout(left)
                if not self._link.recv(1 << 20):
                    return

    async def is_alive(self) -> bool:
        """Return whether it can still answer."""
        return not self._closed and await self._kernel.is_alive()

    async def wait_for_ready(self, timeout: float = 60) -> None:
        """There is nothing to wait for: what is asked stays in the socket until it listens."""

    def execute(self, code: str, store_history: bool, stop_on_error: bool) -> str:
        """Send a cell; return the id of the message."""
        asked = {
            "code": code,
            "silent": False,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return self._send("execute_request", asked)

    def kernel_info(self) -> str:
        """Ask what kind of kernel it is; return the id of the message."""
        return self._send("kernel_info_request", {})

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        message = self.session.msg(kind, content)
        self._put(message)
        return str(message["header"]["msg_id"])

    def _put(self, message: dict[str, Any]) -> None:
        """Send a message, and read meanwhile: who waits for us to read does not read himself."""
        rest = memoryview(wire.packed(wire.SHELL, self.session.serialize(message)))
        poll = select.poll()
        poll.register(self._link, select.POLLIN | select.POLLOUT)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while rest:
                ((_, ready),) = poll.poll()
                if ready & select.POLLIN and self._loop:
                    self._read()
                if ready & ~select.POLLIN:
                    rest = rest[self._link.send(rest, socket.MSG_DONTWAIT) :]

    def _read(self) -> None:
        """Take what came in, and give each message to its channel."""
        try:
            got = self._link.recv(1 << 20)
        except ConnectionResetError:
            got = b""
        if not got:
            self.stop_channels()
            self._closed = True
            self._queues[wire.SHELL].put_nowait({})
            return
        for channel, parts in self._unpacker.feed(got):
            _, rest = self.session.feed_identities(parts)
            self._queues[channel].put_nowait(_message(rest))

    def _getter(self, channel: bytes) -> Callable[..., Awaitable[dict[str, Any]]]:
        async def get(timeout: float | None = None) -> dict[str, Any]:
            """Return the next message; raise queue.Empty when none comes in `timeout` seconds.

            Or at once when none can come any more: nbclient then asks whether the kernel is alive.
            Without a timeout it asks so by itself, each second, and cancels us.
            """
            try:
                message = await asyncio.wait_for(self._queues[channel].get(), timeout)
            except TimeoutError:
                raise queue.Empty from None
            if message:
                return message
            for _ in range(self._queues[wire.IOPUB].qsize() + 2):
                await asyncio.sleep(0)  # who reads what it said before it ended, comes first
            if timeout is None:
                await asyncio.Event().wait()
            raise queue.Empty

        return get
