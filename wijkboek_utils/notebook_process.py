"""What runs in the process of one notebook: IPython's kernel, reached over one local socket.

Everything between a cell and its outputs is ipykernel's own, so that they are those of any Jupyter.
Left out is what serves other readers: sockets of ZeroMQ, a heartbeat, a control channel. Startup
files of the user do not run, for they would make a report differ by machine.
"""

import asyncio
import atexit
import contextlib
import contextvars
import gc
import io
import os
import resource
import signal
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import zmq
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.kernelapp import IPKernelApp
from IPython.core.shellapp import InteractiveShellApp
from jupyter_client.session import Session
from tornado.ioloop import IOLoop

from wijkboek_utils import kernel, wire
from wijkboek_utils.kernel import Kernel
from wijkboek_utils.wire import Sender, Unpacker

_OBJECTS = 10_000, 10, 10  # made before Python looks which can go; few of a notebook can


def serve(link: socket.socket, asked: dict[str, Any]) -> None:
    """Run the cells that come over `link` until it closes.

    `asked` has `cwd`, `env` and `memory`: how many bytes this process may take beside what it was
    forked with, or None.
    """
    os.setsid()  # Ctrl-C is for who asked; and all that a notebook starts can be ended at once
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    time.tzset()
    gc.set_threshold(*_OBJECTS)
    del sys.path[0]  # where the process started that forked us
    InteractiveShellApp.init_path(SimpleNamespace(ignore_cwd=False))  # type: ignore[arg-type]
    sys.argv = ["ipykernel_launcher"]
    _forget()
    if asked["memory"]:
        _limit(asked["memory"])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.create_task(_answer(link)).add_done_callback(lambda _: loop.stop())
    loop.run_forever()  # until then, or until a cell calls exit()
    _leave()
    link.shutdown(socket.SHUT_RDWR)  # processes that the notebook started may have it too


def _forget() -> None:
    """Drop what was to happen at the end of the process that we were forked from."""
    atexit._clear()
    weakref.finalize._registry.clear()  # type: ignore[attr-defined]
    weakref.finalize._registered_with_atexit = False  # type: ignore[attr-defined]
    if "numpy.random" in sys.modules:  # or all notebooks would draw the same
        sys.modules["numpy.random"].seed()


def _leave() -> None:
    """Do what happens at the end of a process, for what the notebook began."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    found = gc.get_objects()  # not those of before the fork: they are frozen
    kinds = {id(type(one)): type(one) for one in found}  # some cannot be hashed
    base = io.IOBase.__base__  # of all files; asking an abstract class takes ten times as long
    files = {number for number, kind in kinds.items() if base in kind.__mro__}
    for one in found:
        if id(type(one)) in files:
            with contextlib.suppress(Exception):
                one.flush()


def _limit(extra: int) -> None:
    """Let an allocation beyond what is held now and `extra` bytes fail, as a MemoryError."""
    with open("/proc/self/status", encoding="ascii") as status:
        held = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = held + extra if most == resource.RLIM_INFINITY else min(most, held + extra)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


async def _answer(link: socket.socket) -> None:
    """Give what comes in to the kernel, which handles cells one at a time."""
    loop = asyncio.get_running_loop()
    answering, context = _kernel(link), contextvars.copy_context()
    unpacker, closed, tasks = Unpacker(), asyncio.Event(), set[asyncio.Task[None]]()

    def take() -> None:
        """Take what came in; also while a cell of a notebook waits for something."""
        got = b""
        with contextlib.suppress(ConnectionResetError):
            got = link.recv(1 << 20)
        if not got:
            loop.remove_reader(link)
            closed.set()
        for _, parts in unpacker.feed(got):
            frames = [zmq.Frame(part) for part in parts]
            # Tasks, for a cell that waits may wait for a message; in one context, for what a cell
            # sets there is for the next one.
            task = loop.create_task(answering.shell_main(None, frames), context=context)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    loop.add_reader(link, take)
    await closed.wait()


class _Direct(IOPubThread):
    """Sends from the thread that asks it, and what waits from one thread of its own."""

    def __init__(self, sender: Sender) -> None:
        self.socket, self.thread, self.io_loop = sender, None, self  # type: ignore[assignment]
        self._waiting: list[Callable[[], None]] = []
        self._some = threading.Event()
        threading.Thread(target=self._send_later, name="IOPub", daemon=True).start()

    def schedule(self, f: Callable[[], None]) -> None:
        f()

    def call_later(self, delay: float, f: Callable[[], None]) -> None:
        if f not in self._waiting:
            self._waiting.append(f)
        self._some.set()

    def _send_later(self) -> None:
        while self._some.wait():
            time.sleep(OutStream.flush_interval)
            self._some.clear()
            while self._waiting:
                self._waiting.pop(0)()

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        self.socket.send_multipart(*args, **kwargs)


class _Stream(OutStream):
    """What is printed, in the order in which it is, whichever thread sends it."""

    def _flush(self) -> None:
        with Sender.threads:
            super()._flush()


def _kernel(link: socket.socket) -> Kernel:
    """Return a kernel that answers on `link`, with its streams in place of those of the system."""
    session, guard = Session(key=b""), wire.guard()
    iopub, shell = (Sender(channel, link, guard) for channel in (wire.IOPUB, wire.SHELL))
    thread = _Direct(iopub)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # what is written past Python is caught below, and goes nowhere else
        os.dup2(nothing, number)
    for number, name in ((1, "stdout"), (2, "stderr")):
        setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        setattr(sys, f"__{name}__", getattr(sys, name))
        setattr(sys, name, _Stream(session, thread, name, watchfd="force"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # outside a cell
    made = kernel.taken()
    made.session, made.iopub_socket, made.iopub_thread = session, iopub, thread
    made.shell_stream, made.io_loop = shell, IOLoop.current()
    inner: Any = made.shell
    for part in (inner.displayhook, inner.display_pub):
        part.session, part.pub_socket = session, iopub
    inner.exit_now = False
    IPKernelApp.instance().kernel = made  # where magics such as %matplotlib look for it
    return made
