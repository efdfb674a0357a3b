"""Warm kernels: while one notebook runs, the kernel of the next one starts and imports.

Each notebook still has a process of its own, as with stock papermill; only the waiting is gone.
"""

import os
import shutil
import tempfile
from types import TracebackType

from jupyter_client.manager import KernelManager

from wijkboek_utils.sources import ROOT

# What nearly every notebook imports. The names are removed again: a notebook must import its own.
_WARM_UP = (
    "import pandas, pyarrow.parquet, wijkboek_utils.tables; del pandas, pyarrow, wijkboek_utils"
)


class WarmKernels:
    """Hand out started kernels, one in reserve. Use as a context; it leaves no process behind."""

    def __init__(self) -> None:
        """Start the first kernel, so that it warms up while the caller imports."""
        self._folder = tempfile.mkdtemp(prefix="wb-")
        self._count = 0
        self._running: list[KernelManager] = []
        self._reserve: KernelManager | None = self._start()

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
        kernel.start_kernel(
            extra_arguments=[f"--IPKernelApp.exec_lines={_WARM_UP}"],
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
        shutil.rmtree(self._folder, ignore_errors=True)
