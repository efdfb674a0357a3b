"""Warm processes as their caller sees them: from a nursery, or forked from the caller itself."""

import collections
import contextlib
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from multiprocessing import connection
from typing import Any, Generic, TypeVar

from wijkboek_utils import nursery
from wijkboek_utils.errors import Fout

# Elsewhere there is no fork, or the libraries of the system object to it.
CAN_FORK = sys.platform.startswith("linux")
T = TypeVar("T")


def cores() -> int:
    """Return how many processors this process may use."""
    linux = sys.platform.startswith("linux")
    return len(os.sched_getaffinity(0)) if linux else os.cpu_count() or 1


class Forked:
    """A forked process, and the socket to talk with it."""

    def __init__(self, pid: int, link: socket.socket, wait: Callable[[bool], int | None]) -> None:
        """Hold process `pid`; `wait` tells how it ended, and waits for that if asked."""
        self.pid, self.link, self._wait = pid, link, wait
        self._code: int | None = None

    def poll(self, wait: bool = False) -> int | None:
        """Return its exit code, or None while it runs; negative is the signal that ended it."""
        if self._code is None:
            self._code = self._wait(wait)
        return self._code

    def signal(self, number: int, group: bool = False) -> None:
        """Send it a signal, and with `group` all that it started, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)  # also when it has no group of its own yet
            if group:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, number)

    def end(self, group: bool = False) -> None:
        """End it, and with `group` all that it started; return when it is gone."""
        self.signal(signal.SIGKILL, group)
        self.poll(wait=True)
        if group:  # it may have ended by itself and have left others
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.link.close()


def here(do: str, how: dict[str, Any]) -> Forked:
    """Fork this process itself; only for one that has no threads."""
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        ours.close()
        nursery.become({"do": do, "how": how}, theirs, parent)
    theirs.close()

    def wait(long: bool) -> int | None:
        try:
            gone, status = os.waitpid(pid, 0 if long else os.WNOHANG)
        except ChildProcessError:  # somebody else heard of it
            return -signal.SIGKILL
        return os.waitstatus_to_exitcode(status) if gone else None

    return Forked(pid, ours, wait)


def side_by_side(calls: Iterable[Callable[[], T]], most: int) -> Iterator[T]:
    """Yield what each call returns, in their order, with `most` at once in forked processes.

    Only for a process without threads; with `most` of 1 the calls are made in this process. A call
    is taken from `calls` when its turn comes. Raises RuntimeError when a process died.
    """
    if most == 1 or not CAN_FORK:
        for call in calls:
            yield call()
        return
    running: collections.deque[_Call[T]] = collections.deque()
    try:
        for call in calls:
            while sum(not one.done for one in running) >= most:
                connection.wait([one.reader for one in running if not one.done])
            running.append(_Call(call))
            while running and running[0].done:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for one in running:
            one.end()


def ahead(call: Callable[[], T], most: int) -> Callable[[], T]:
    """Begin a call in a forked process while the caller goes on; return what gives its answer.

    Only for a process without threads; with `most` of 1 the call is made at once in this process.
    The answer is what `call` returns or raises; RuntimeError when the process died.
    """
    if most == 1 or not CAN_FORK:
        answer = call()
        return lambda: answer
    return _Call(call).result


class _Call(Generic[T]):
    """A call that is made in a forked process."""

    def __init__(self, call: Callable[[], T]) -> None:
        fork = multiprocessing.get_context("fork")
        self.reader, writer = fork.Pipe(duplex=False)
        self.process = fork.Process(target=_answer, args=(call, writer))
        self.process.start()
        writer.close()

    @property
    def done(self) -> bool:
        """Return whether it has an answer, or has died."""
        return self.reader.poll()

    def result(self) -> T:
        """Return the answer, waiting for it."""
        try:
            good, found = self.reader.recv()
        except EOFError:
            self.process.join()
            raise RuntimeError(f"Een proces stopte met code {self.process.exitcode}.") from None
        finally:
            self.reader.close()
        self.process.join()
        if good:
            return found
        raise found

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.join()
        self.reader.close()


def _answer(call: Callable[[], Any], writer: connection.Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    started = multiprocessing.parent_process()
    assert started and started.pid
    nursery.end_with(started.pid)
    try:
        writer.send((True, call()))
    except Exception as error:
        writer.send((False, error))


class Nursery:
    """The process that forks, as its caller sees it, from any thread. Use as a context."""

    def __init__(self, warm: str, *rest: str, cwd: str | None = None) -> None:
        """Start it; it calls `warm` (`module:function`) with `rest` while the caller goes on."""
        self._talk, theirs = socket.socketpair()
        self._ended: dict[int, int] = {}
        self._buffer = b""
        self._gone = False
        self._turn = threading.Lock()
        number = str(theirs.fileno())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wijkboek_utils.nursery", number, warm, *rest],
            cwd=cwd,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    def fork(self, do: str, how: dict[str, Any]) -> Forked:
        """Return a new process that does `do` (`module:function`) with its socket and `how`.

        Raises RuntimeError when the nursery has stopped, or cannot fork.
        """
        ours, theirs = socket.socketpair()
        line = json.dumps({"do": do, "how": how}).encode() + b"\n"
        with theirs, self._turn, contextlib.suppress(OSError):
            sent = socket.send_fds(self._talk, [line], [theirs.fileno()])
            self._talk.sendall(line[sent:])
        try:
            greeting = ours.recv(nursery.PID.size, socket.MSG_WAITALL)
        except BaseException:
            ours.close()
            raise
        if len(greeting) < nursery.PID.size:
            ours.close()
            raise RuntimeError("Het proces dat de andere start, is onverwacht gestopt.")
        (pid,) = nursery.PID.unpack(greeting)
        return Forked(pid, ours, lambda wait: self._code(pid, wait))

    def ended(self) -> bool:
        """Return whether it has stopped, or does so within a second."""
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """End the nursery and every process that still runs."""
        self._gone = True
        self._talk.close()
        self._process.wait()

    def _code(self, pid: int, wait: bool = False) -> int | None:
        """Return how a process ended; None while it runs."""
        while pid not in self._ended and not self._gone:
            if wait:
                connection.wait([self._talk], 0.1)  # or another thread hears it
            self._read()
            if not wait:
                break
        # Its children end when the nursery does; how, nobody heard.
        return self._ended.pop(pid, -signal.SIGKILL if self._gone else None)

    def _read(self) -> None:
        """Keep which processes ended, as far as it was told."""
        with self._turn:
            try:
                got = self._talk.recv(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                got = b""
            self._gone = self._gone or not got
            *lines, self._buffer = (self._buffer + got).split(b"\n")
            told = [json.loads(line) for line in lines]
            self._ended |= {one["ended"]: one["code"] for one in told}

    def __enter__(self) -> "Nursery":
        """Return the nursery itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop it, also after an error or Ctrl-C."""
        self.close()


class Home:
    """A nursery, and a new one when it dies: what it had forked is lost, the rest goes on."""

    def __init__(self, warm: str, *rest: str, cwd: str | None = None) -> None:
        """Start it, as a Nursery."""
        self._start = partial(Nursery, warm, *rest, cwd=cwd)
        self._now = self._start()

    def fork(self, do: str, how: dict[str, Any]) -> Forked:
        """Return a new process, as `Nursery.fork`; not from several threads at once.

        Raises RuntimeError when it cannot fork now, Fout when a new nursery dies at once too.
        """
        try:
            return self._now.fork(do, how)
        except RuntimeError:
            if not self._now.ended():
                raise
        self.close()
        self._now = self._start()
        try:
            return self._now.fork(do, how)
        except RuntimeError:
            words = "Het proces dat de rapporten start, stopt steeds. Vaak is het geheugen op:"
            raise Fout(f"{words} sluit andere programma's, of gebruik --jobs 1.") from None

    def close(self) -> None:
        """End the nursery and every process that still runs."""
        self._now.close()
