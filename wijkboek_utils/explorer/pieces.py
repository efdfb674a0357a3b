"""The parts of the page that widgets do not have, drawn by one small script of ours."""

from typing import Any

import anywidget
import traitlets

from wijkboek_utils import pages


class Piece(anywidget.AnyWidget):
    """A part of the page that we draw ourselves; `verkenner.js` draws each `soort`."""

    soort = traitlets.Unicode().tag(sync=True)

    def __init__(self, soort: str, **facts: Any) -> None:
        """Make a part of a kind."""
        self._esm = pages.text("verkenner.js")
        super().__init__(soort=soort, **facts)


class Words(Piece):
    """Sentences, tables and pictures. With `status` a change is read aloud."""

    html = traitlets.Unicode().tag(sync=True)
    status = traitlets.Bool(False).tag(sync=True)


class Map(Piece):
    """The map of all buurten, each to be chosen by a click or a key.

    `vlak` is its width and height, `buurten` a list of code, name, path and the place of a number.
    """

    vlak: Any = traitlets.List().tag(sync=True)
    buurten: Any = traitlets.List().tag(sync=True)
    titel = traitlets.Unicode().tag(sync=True)
    klassen = traitlets.Dict().tag(sync=True)
    woorden = traitlets.Dict().tag(sync=True)
    gekozen = traitlets.List(traitlets.Unicode()).tag(sync=True)


class Files(Piece):
    """Buttons that save what is on the page; the files go to the browser and to no disk here."""

    knoppen = traitlets.Dict().tag(sync=True)
    melding = traitlets.Unicode().tag(sync=True)
