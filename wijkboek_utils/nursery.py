"""Where kernels are born: a process that has imported what notebooks import, and forks.

Each kernel is a process of its own, as with stock papermill, but it starts with everything loaded.
The nursery runs no code of a notebook and starts no thread, so that a fork is whole. It talks over
one socket that it is given at its start: a line of JSON for each kernel that is asked, one with its
process id back, and one when a kernel has ended.
"""

import ast
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn


def main() -> None:
    """Serve the socket with the number of the first argument, for the notebooks of the second."""
    talk = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asked, who then closes us
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # read at import: a kernel ends when we do
    for name in wanted(Path(sys.argv[2])):
        with contextlib.suppress(Exception):  # the notebook that needs it will say what is wrong
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is loaded is never looked at again, so that its memory stays shared
    _serve(talk)


def wanted(folder: Path) -> list[str]:
    """Return the modules that the notebooks of a folder import, and the kernel itself."""
    found = {"ipykernel.kernelapp": None, "ipykernel.ipkernel": None}
    for path in sorted(folder.glob("[0-2]*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                found |= dict.fromkeys(_imported("".join(cell["source"])))
    return list(found)


def _imported(code: str) -> list[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _serve(talk: socket.socket) -> None:
    """Fork a kernel for each line until the other side closes; then end every kernel."""
    wake, ended = socket.socketpair()
    ended.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ended.fileno())
    selector = selectors.DefaultSelector()
    selector.register(talk, selectors.EVENT_READ)
    selector.register(wake, selectors.EVENT_READ)
    alive: set[int] = set()
    buffer = b""
    while True:
        ready = {key.fileobj for key, _ in selector.select()}
        if wake in ready:
            wake.recv(4096)
            _report(talk, alive)
        if talk in ready:
            got = talk.recv(1 << 20)
            if not got:
                break
            *lines, buffer = (buffer + got).split(b"\n")
            for line in lines:
                pid = os.fork()
                if not pid:
                    _become(json.loads(line), [talk, wake, ended])
                alive.add(pid)
                _send(talk, {"born": pid})
    signal.set_wakeup_fd(-1)
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _report(talk: socket.socket, alive: set[int]) -> None:
    """Tell which kernels have ended, and how, as `subprocess` counts it."""
    while alive:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        alive.discard(pid)
        _send(talk, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _send(talk: socket.socket, message: dict[str, int]) -> None:
    with contextlib.suppress(BrokenPipeError):
        talk.sendall(json.dumps(message).encode() + b"\n")


def _become(asked: dict[str, Any], sockets: list[socket.socket]) -> NoReturn:
    """Go on as a kernel, in this forked process, with its own folder and environment."""
    signal.set_wakeup_fd(-1)
    for one in sockets:
        one.close()
    for number in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["ipykernel_launcher", *asked["argv"]]
    code = 1
    try:
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=asked["argv"])
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # never back into the loop of the nursery
    raise AssertionError


if __name__ == "__main__":
    main()
