"""The kernel of IPython for the process of one notebook, made ahead of it.

A kernel that was made before the fork is taken as if it were made here. What differs from IPython's
own are only shortcuts to the same answer.
"""

import atexit
import builtins
import contextlib
import inspect
import io
import logging
import os
import resource
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from tokenize import TokenError
from types import SimpleNamespace
from typing import Any

from ipykernel import compiler, ipkernel
from ipykernel.ipkernel import IPythonKernel
from IPython.core import interactiveshell
from IPython.core.displayhook import DisplayHook
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client import jsonutil
from traitlets import Any as AnyTrait
from traitlets.config import Config

_TO_TELL = 64 << 20  # bytes
# What of the environment a kernel reads when it is made, and not again.
_FORMATTERS = ["formatters", "ipython_display_formatter", "mimebundle_formatter"]
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


class _Question:
    """What a kernel asks of a text, and nothing else; with the answers that were found ahead."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask, self._known = ask, dict[tuple[Any, ...], Any]()

    def learn(self, *asked: Any) -> None:
        with warnings.catch_warnings(record=True) as said:
            answer = self._ask(*asked)
        if not said:  # what is said must be said again
            self._known[asked] = answer

    def __call__(self, *asked: Any) -> Any:
        return self._known[asked] if asked in self._known else self._ask(*asked)


_awaits: Any = _Question(interactiveshell._should_be_async)
_number: Any = _Question(compiler.murmur2_x86)
_quiet: Any = _Question(DisplayHook.semicolon_at_end_of_expression)
interactiveshell._should_be_async, compiler.murmur2_x86 = _awaits, _number
DisplayHook.semicolon_at_end_of_expression = _quiet  # type: ignore[method-assign]
jsonutil._dateutil_parse = datetime.fromisoformat  # of a date that was found to be one of ISO 8601
_RUN: Any = interactiveshell.InteractiveShell.run_cell_async
_RUN.__signature__ = inspect.signature(_RUN)  # each cell asks for it


def read(cells: Iterable[str]) -> None:
    """Read cells ahead, for all processes that are forked from this one."""
    reader = _Reader()
    for cell in cells:
        with contextlib.suppress(SyntaxError, TokenError):  # the kernel will say so
            code = reader.transform_cell(cell)
            _awaits.learn(code)
            _quiet.learn(code.rstrip("\n"))  # as the history keeps it
            _number.learn(cell, compiler.get_tmp_hash_seed())


_spare: Kernel | None = None
_read_then: list[str | None] = []


def prepare() -> None:
    """Make a kernel ahead, for each process that is forked from this one, which stays as it was."""
    global _spare, _read_then
    main, places = sys.modules["__main__"], (vars(builtins), vars(sys))
    names, environment = [{*place} for place in places], {**os.environ}
    with contextlib.redirect_stderr(io.StringIO()):  # as what a kernel says that nobody reads yet
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
    for name in _FORMATTERS:
        getattr(shell.display_formatter, name)  # made when they are first asked for
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
