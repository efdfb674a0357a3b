"""Warm kernels: while one notebook runs, the kernel of the next one starts.

Each notebook has a process of its own, as with stock papermill; only the waiting is gone. Where the
system can fork, kernels come from a nursery that has everything imported.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import LocalProvisioner

from wijkboek_utils.sources import NOTEBOOKS, ROOT

CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"  # there the system's libraries object


class Nursery:
    """The process that forks kernels, as its caller sees it."""

    def __init__(self, folder: Path) -> None:
        """Start it; it imports what the notebooks of `folder` import while the caller goes on."""
        self._talk, theirs = socket.socketpair()
        self._ended: dict[int, int] = {}
        self._buffer = b""
        self._gone = False
        command = [
            sys.executable,
            "-m",
            "wijkboek_utils.nursery",
            str(theirs.fileno()),
            str(folder),
        ]
        self._process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
        theirs.close()

    def fork(self, argv: list[str], cwd: str, env: dict[str, str]) -> "Forked":
        """Return a new kernel process."""
        asked = {"argv": argv, "cwd": cwd, "env": env}
        with contextlib.suppress(BrokenPipeError):
            self._talk.sendall(json.dumps(asked).encode() + b"\n")
        while not self._gone:
            for told in self._read(wait=True):
                if "born" in told:
                    return Forked(self, told["born"])
        raise RuntimeError("Het proces dat de kernels start, is onverwacht gestopt.")

    def code(self, pid: int, wait: bool = False) -> int | None:
        """Return how a kernel ended; None while it runs."""
        while pid not in self._ended and not self._gone:
            self._read(wait)
            if not wait:
                break
        # Its kernels end when the nursery does; how, nobody heard.
        return self._ended.get(pid, -signal.SIGKILL if self._gone else None)

    def close(self) -> None:
        """End the nursery and every kernel that still runs."""
        self._talk.close()
        self._process.wait()

    def _read(self, wait: bool) -> list[dict[str, int]]:
        """Return what it told since, and keep which kernels ended."""
        self._talk.setblocking(wait)
        try:
            got = self._talk.recv(1 << 16)
        except BlockingIOError:
            return []
        except ConnectionResetError:
            got = b""
        finally:
            self._talk.setblocking(True)
        self._gone = not got
        *lines, self._buffer = (self._buffer + got).split(b"\n")
        told = [json.loads(line) for line in lines]
        self._ended |= {one["ended"]: one["code"] for one in told if "ended" in one}
        return told


class Forked:
    """A kernel process that the nursery forked, with the face of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, home: Nursery, pid: int) -> None:
        """Hold process `pid`."""
        self._home, self.pid = home, pid

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._home.code(self.pid)

    def wait(self) -> int | None:
        """Return its exit code when it has ended."""
        return self._home.code(self.pid, wait=True)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class _ForkProvisioner(LocalProvisioner):
    """Launches a kernel by a fork of the nursery instead of a new Python."""

    home: Nursery

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        # cmd: python -m ipykernel_launcher, and what the kernel itself is told
        process = self.home.fork(cmd[cmd.index("-f") :], str(kwargs["cwd"]), kwargs["env"])
        self.process, self.pid, self.pgid = process, process.pid, process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


class WarmKernels:
    """Hand out started kernels, one in reserve. Use as a context; it leaves no process behind."""

    def __init__(self, folder: Path = NOTEBOOKS) -> None:
        """Start the first kernel, so that it warms up while the caller imports."""
        self._folder = tempfile.mkdtemp(prefix="wb-")
        self._count = 0
        self._running: list[KernelManager] = []
        self._nursery = Nursery(folder) if CAN_FORK else None
        self._reserve: KernelManager | None = None

    def take(self, last: bool = False) -> KernelManager:
        """Return a kernel that nobody used, and start the next one unless this is the last."""
        kernel = self._reserve or self._start()
        self._reserve = None if last else self._start()
        return kernel

    def stop(self, kernel: KernelManager) -> None:
        """End a kernel and everything in its process."""
        kernel.shutdown_kernel(now=True)
        self._running.remove(kernel)

    def _start(self) -> KernelManager:
        self._count += 1
        kernel = KernelManager(kernel_name="python3")
        # papermill drives its kernel with asyncio.
        kernel.client_class = "jupyter_client.asynchronous.AsyncKernelClient"
        if os.name == "posix":  # no open port: another user of the machine cannot listen in
            kernel.transport, kernel.ip = "ipc", os.path.join(self._folder, str(self._count))
        if self._nursery:
            kernel.provisioner = _ForkProvisioner(
                kernel_id=kernel.kernel_id or str(self._count),
                kernel_spec=kernel.kernel_spec,
                parent=kernel,
            )
            kernel.provisioner.home = self._nursery
        kernel.start_kernel(
            # Never the folder of the user: a kernel imports from where it stands.
            cwd=str(ROOT),
            env={**os.environ, "WIJKBOEK_ROOT": str(ROOT)},
        )
        self._running.append(kernel)
        return kernel

    def __enter__(self) -> "WarmKernels":
        """Return the kernels themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what still runs, also after an error or Ctrl-C."""
        for kernel in [*self._running]:
            self.stop(kernel)
        if self._nursery:
            self._nursery.close()
        shutil.rmtree(self._folder, ignore_errors=True)
