"""The kernel of IPython for the process of one notebook, made ahead of it.

A kernel that was made before the fork is taken as if it were made here. What differs from IPython's
own are only shortcuts to the same answer.
"""

import atexit
import builtins
import contextlib
import logging
import os
import resource
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel import compiler, ipkernel
from ipykernel.ipkernel import IPythonKernel
from IPython.core import interactiveshell
from IPython.core.inputtransformer2 import TransformerManager
from traitlets import Any as AnyTrait
from traitlets.config import Config

_TO_TELL = 64 << 20  # bytes
# What of the environment a kernel reads when it is made, and not again.
_READ = ["HOME", "IPYTHONDIR", "IPYTHON_DIR", "XDG_CONFIG_HOME", "JPY_SESSION_NAME"]


class Kernel(IPythonKernel):
    """The kernel of IPython, with our socket."""

    shell_stream = AnyTrait()
    _supports_kernel_subshells = False

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Nothing waits: the next cell comes when this one was answered."""


@contextlib.contextmanager
def _no_list_of_modules() -> Iterator[None]:
    """Keep a kernel that starts from looking at each module, which copies the memory of all.

    It lists their files for a debugger, which we have not.
    """
    ipkernel.sys = SimpleNamespace(modules={})  # type: ignore[assignment]
    try:
        yield
    finally:
        ipkernel.sys = sys


class _Reader(TransformerManager):
    """IPython's way of reading a cell, which remembers what it read.

    A kernel reads a cell twice, and the cells of our notebooks were read before the fork.
    """

    def transform_cell(self, cell: str) -> str:
        if (self.cleanup_transforms, self.line_transforms, self.token_transformers) != _RULES:
            return str(super().transform_cell(cell))  # the notebook has rules of its own
        if cell not in _read:
            _read[cell] = super().transform_cell(cell)
        return _read[cell]


_plain, _read = TransformerManager(), dict[str, str]()
_RULES = _plain.cleanup_transforms, _plain.line_transforms, _plain.token_transformers
# What a kernel asks of the text of a cell, and what it answered: whether it awaits, and the number
# by which it is called.
_AWAITS, _NUMBER = interactiveshell._should_be_async, compiler.murmur2_x86
_awaits, _numbers = dict[str, bool](), dict[tuple[str, int], int]()


def read(cells: Iterable[str]) -> None:
    """Read cells ahead, for all processes that are forked from this one."""
    reader = _Reader()
    for cell in cells:
        with contextlib.suppress(SyntaxError):  # the kernel will say so
            code = reader.transform_cell(cell)
            with warnings.catch_warnings(record=True) as said:
                awaits = _AWAITS(code)
            if not said:  # what is said must be said again
                _awaits[code] = awaits
            asked = cell, compiler.get_tmp_hash_seed()
            _numbers[asked] = _NUMBER(*asked)


def _known_awaits(cell: str) -> bool:
    return _awaits[cell] if cell in _awaits else _AWAITS(cell)


def _known_number(code: str, seed: int) -> int:
    return _numbers[code, seed] if (code, seed) in _numbers else _NUMBER(code, seed)


interactiveshell._should_be_async, compiler.murmur2_x86 = _known_awaits, _known_number

_spare: Kernel | None = None
_read_then: list[str | None] = []


def prepare() -> None:
    """Make a kernel ahead, for each process that is forked from this one, which stays as it was."""
    global _spare, _read_then
    main, places = sys.modules["__main__"], (vars(builtins), vars(sys))
    names, environment = [{*place} for place in places], {**os.environ}
    _spare, _read_then = _made(), _readings()
    shell: Any = _spare.shell
    for one in (_spare, shell):
        type(one).clear_instance()
    atexit.unregister(shell.atexit_operations)
    for place, before in zip(places, names, strict=True):
        for name in place.keys() - before:
            del place[name]
    sys.modules["__main__"] = main
    os.environ.clear()
    os.environ.update(environment)


def taken() -> Kernel:
    """Return the kernel that was made ahead, as if it were made here; or a new one.

    It has no socket yet.
    """
    if not _spare or _read_then != _readings():
        return _made()
    shell: Any = _spare.shell
    for one in (_spare, shell):
        for kind in type(one)._walk_mro():
            kind._instance = one
    shell.starting_dir = os.getcwd()
    shell.history_manager.dir_hist[:] = [Path.cwd()]
    shell.save_sys_module_state()
    shell.init_environment()
    shell.init_sys_modules()
    shell.init_builtins()
    shell.init_prompts()
    atexit.register(shell.atexit_operations)
    return _spare


def _readings() -> list[str | None]:
    return [os.environ.get(name) for name in _READ]


def _made() -> Kernel:
    config = Config()
    config.HistoryManager.hist_file = ":memory:"  # as nbclient asks of a kernel
    with _no_list_of_modules():
        kernel = Kernel.instance(
            config=config,
            shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
            user_ns=None,
            log=logging.getLogger("IPKernelApp"),
        )
    shell: Any = kernel.shell
    shell.input_transformer_manager = _Reader()
    _tell_of_memory(shell)
    with contextlib.suppress(Exception):
        shell.extension_manager.load_extension("storemagic")
    return kernel


def _tell_of_memory(shell: Any) -> None:
    """Give what tells of a MemoryError some memory: a cell may hold all there was."""

    def tell(shell: Any, kind: Any, error: Any, trace: Any, tb_offset: int | None = None) -> Any:
        limit, most = resource.getrlimit(resource.RLIMIT_DATA)
        if limit != most:
            wanted = limit + _TO_TELL
            resource.setrlimit(
                resource.RLIMIT_DATA, (min(wanted, most) if most > 0 else wanted, most)
            )
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    shell.set_custom_exc((MemoryError,), tell)
