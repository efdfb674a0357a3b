"""Where processes are born warm: one that has imported what is heavy, and forks.

The nursery runs no code of a notebook and starts no thread, so that a fork is whole. It talks over
one socket: for each child that is asked a line of JSON comes in, with a socket for that child, on
which the child first says its process id; a line goes back when it has ended. Only the standard
library is imported here; what else is warm, the one who starts the nursery says.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

PID = struct.Struct("!I")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main() -> None:
    """Serve the socket with the number of the first argument, after calling the second.

    The second is `module:function` with the text of the third; it makes warm what children need.
    """
    talk = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asked, who then closes us
    # What a child started and left behind becomes ours, so that we can end it.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    gc.disable()  # what is loaded stays: to look for what can go takes a sixth of the time
    called(sys.argv[2])(*sys.argv[3:])
    gc.enable()
    serve(talk)
    _end_all()
    os._exit(0)  # nothing here is worth the time of taking it down


def called(name: str) -> Any:
    """Return the function `module:function`."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def serve(talk: socket.socket) -> None:
    """Fork a child for each line until the other side closes."""
    gc.collect()  # before what is left is frozen, in each child
    with contextlib.suppress(AttributeError):  # not every C library can
        ctypes.CDLL(None).malloc_trim(0)  # a fork takes as long as there is memory, also if unused
    wake, ended = socket.socketpair()
    ended.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ended.fileno(), warn_on_full_buffer=False)
    selector = selectors.DefaultSelector()
    selector.register(talk, selectors.EVENT_READ)
    selector.register(wake, selectors.EVENT_READ)
    home, alive = os.getpid(), set[int]()
    links: list[int] = []
    buffer = b""
    while True:
        ready = {key.fileobj for key, _ in selector.select()}
        if wake in ready:
            wake.recv(4096)
            _report(talk, alive)
        if talk in ready:
            got, sent, _, _ = socket.recv_fds(talk, 1 << 20, 64)
            if not got:
                break
            links += sent
            *lines, buffer = (buffer + got).split(b"\n")
            for line in lines:
                link = links.pop(0)
                # When it fails, who asked hears so from the socket; the others run on.
                with contextlib.suppress(OSError):
                    if pid := os.fork():
                        alive.add(pid)
                    else:
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        for one in (talk, wake, ended, selector):
                            one.close()
                        for number in links:
                            os.close(number)
                        their = socket.socket(fileno=link)
                        become(json.loads(line), their, home, PID.pack(os.getpid()))
                os.close(link)
    signal.set_wakeup_fd(-1)


def become(
    asked: dict[str, Any], link: socket.socket, parent: int, greeting: bytes = b""
) -> NoReturn:
    """Go on as what was asked, in this forked process, and end with it.

    `asked` has `do` (`module:function`) and `how`, which it gets after the socket.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with(parent)
    gc.freeze()  # what is there now is never looked at again, so that its memory stays shared
    code = 1
    try:
        link.sendall(greeting)
        called(asked["do"])(link, asked["how"])
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)  # never back into the loop of the nursery
    raise AssertionError


def end_with(parent: int) -> None:
    """End this process when process `parent` does, which forked it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was faster
        os._exit(1)


def _report(talk: socket.socket, alive: set[int]) -> None:
    """Tell which children have ended, and how, as `subprocess` counts it."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        if pid in alive:  # and not what one of them left behind
            alive.discard(pid)
            _send(talk, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _send(talk: socket.socket, message: dict[str, int]) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        talk.sendall(json.dumps(message).encode() + b"\n")


def _end_all() -> None:
    """End every process that began here, children of children too."""
    while found := _children():
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for _ in found:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)


def _children() -> list[int]:
    """Return our children; those of a child that ended are among them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = stat.read_text(errors="replace").rpartition(")")
            if int(rest.split()[1]) == os.getpid():
                found.append(int(name.split()[0]))
    return found


if __name__ == "__main__":
    main()
