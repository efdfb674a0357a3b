"""What follows from raw files alone is computed once, for as long as the same raw files count."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import pandas as pd

from wijkboek_utils import sources

P = ParamSpec("P")
T = TypeVar("T", covariant=True)


class Remembered(Protocol[P, T]):
    """A function that remembers what it gave."""

    cache_clear: Callable[[], None]  # as functools.cache has it

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function gives."""


def _copy(found: Any) -> Any:
    """Return a table, or some of them, so that the kept one stays as it is."""
    if isinstance(found, tuple):
        return tuple(map(_copy, found))
    return found.copy(deep=False) if isinstance(found, pd.DataFrame | pd.Series) else found


_kept: list[dict[Any, Any]] = []


def forget() -> None:
    """Forget everything, as a new process would."""
    for kept in _kept:
        kept.clear()


def remembered(most: int = 64) -> Callable[[Callable[P, T]], Remembered[P, T]]:
    """Return a decorator: a function of raw files gives again what it gave for the same arguments.

    It forgets when the manifests are read anew or another day is asked for (`--stand`). Of the last
    `most` arguments the answer is kept; a table is handed out as a copy that can be changed.
    """

    def decorate(compute: Callable[P, T]) -> Remembered[P, T]:
        kept: dict[Any, Any] = {}
        _kept.append(kept)
        state: list[Any] = [None, None]

        @wraps(compute)
        def again(*args: P.args, **kwargs: P.kwargs) -> T:
            known, day = sources.catalogue(), os.environ.get(sources.AS_OF, "")
            if state[0] is not known or state[1] != day:
                kept.clear()
                state[:] = [known, day]
            key = (args, tuple(sorted(kwargs.items())))
            if key not in kept:
                found = compute(*args, **kwargs)
                while len(kept) >= most:
                    del kept[next(iter(kept))]
                kept[key] = found
            return cast(T, _copy(kept[key]))

        made = cast(Remembered[P, T], again)
        made.cache_clear = kept.clear
        return made

    return decorate
