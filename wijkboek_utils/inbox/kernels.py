"""A process per visitor, forked from one that has imported everything: it starts in a blink.

The kernels share the memory of what they imported, and each is held to its own limits. Stock
jupyter_client starts a new Python, which imports for seconds; only that step is ours.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import KernelProvisionerBase, KernelProvisionerFactory

NAME = "wijkboek-fork"
MEMORY = 1_500_000_000  # bytes that one visitor may use, on top of what every page has
SECONDS = 900  # of CPU, in one visit
_CONTEXT = multiprocessing.get_context("forkserver")


def register(modules: list[str]) -> None:
    """Make this the way in which kernels start, and warm up the process they come from.

    `modules` are what that process imports.
    """
    from importlib.metadata import EntryPoint

    factory = KernelProvisionerFactory.instance()
    value = f"{__name__}:Forked"
    factory.provisioners[NAME] = EntryPoint(NAME, value, factory.GROUP_NAME)
    factory.default_provisioner_name = NAME
    _CONTEXT.set_forkserver_preload(modules)
    first = _CONTEXT.Process(target=_nothing)
    first.start()
    first.join()


def _nothing() -> None:
    """Let the first process be one that ends, so that the imports are done before visitors come."""


def _reserved() -> int:
    """Return the bytes of data that this process has at its start.

    Libraries reserve far more than they use (pyarrow 1 GiB), and that counts for the limit.
    """
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no Linux
        return 0


def _kernel(file: str, env: dict[str, str], folder: str) -> None:
    """Be a kernel. Runs in the new process, before anything of the visitor."""
    import resource

    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env, JPY_PARENT_PID=str(os.getppid()))
    most = _reserved() + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # the server and its health come before the work of one visitor
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [sys.argv[0]]
    kernel = IPKernelApp.instance()
    # ipywidgets was imported before there was a kernel to listen in.
    lines = ["import ipywidgets; ipywidgets.load_ipython_extension(get_ipython()); del ipywidgets"]
    kernel.config.IPKernelApp.exec_lines = lines
    kernel.initialize(
        ["-f", file, "--HistoryManager.enabled=False", "--IPKernelApp.log_level=40", "--quiet"]
    )
    kernel.start()


class Forked(KernelProvisionerBase):
    """How jupyter_client starts, asks after and ends a kernel."""

    process: Any = None

    @property
    def has_process(self) -> bool:
        """Return whether there is a process."""
        return self.process is not None

    async def poll(self) -> int | None:
        """Return None while the kernel runs, else how it ended."""
        return self.process.exitcode if self.process is not None else 0

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while self.process is not None and self.process.exitcode is None:
            await asyncio.sleep(0.05)
        code = await self.poll()
        if self.process is not None:
            self.process.close()
            self.process = None
        return code

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it started."""
        if self.process is not None and self.process.exitcode is None:
            try:
                os.killpg(self.process.pid, signum)
            except ProcessLookupError:  # not yet the leader of its own group
                os.kill(self.process.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel to end."""
        await self.send_signal(signal.SIGTERM)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose where the kernel listens."""
        self.parent.write_connection_file()
        self.connection_info = self.parent.get_connection_info()
        return await super().pre_launch(cmd=["fork"], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Start the kernel."""
        env = {k: str(v) for k, v in kwargs["env"].items()}
        folder = str(kwargs.get("cwd") or os.getcwd())
        self.process = _CONTEXT.Process(
            target=_kernel, args=(self.parent.connection_file, env, folder), daemon=True
        )
        await asyncio.to_thread(self.process.start)
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing behind; the manager removes the connection file."""
