"""The board of the game: sliders and fields that can be dragged, typed in and read aloud.

Each slider has a field of its own with the same value: a slider of ipywidgets has no name for who
does not see it. The script beside it gives it one, and has the outcome read aloud.
"""

from collections.abc import Callable
from typing import Any

import anywidget
import ipywidgets

from wijkboek_utils import pages, show
from wijkboek_utils.models import game as game_
from wijkboek_utils.models import game_text
from wijkboek_utils.models.game import Choice, Game

_MOST_YEARS = 15
_WAYS = [
    ("bruto: alles wat minder nodig is", "bruto"),
    ("netto: zonder wat toch al was gebeurd", "netto"),
    ("netto, voorzichtig geteld", "voorzichtig"),
]


class Board:
    """The fields by name, and the outcome that follows them."""

    def __init__(self, game: Game) -> None:
        """Show the plan as it was written down."""
        self._game = game
        start = game.choice
        cost, units = _top(start.kosten, 10_000), _top(start.minder, 5)
        per = "één keer" if len(game.plan.jaren) == 1 else f"elk van {len(game.plan.jaren)} jaar"
        unit = game.effect.eenheid
        self.velden: dict[str, Any] = {
            "kosten": _field(f"Kosten in euro, {per}", start.kosten, cost, cost / 100),
            "minder": _field(f"Hoeveel minder nodig per jaar ({unit})", start.minder, units, 0.1),
            "kans": _field("Kans dat het lukt, in procent", start.kans * 100, 100, 1),
            "terug": _field("Deel dat terugvloeit, in procent", start.terug * 100, 100, 1),
            "jaren": _field("Hoeveel jaar het helpt", start.jaren, _MOST_YEARS, 1, 1),
        }
        self.velden["wijze"] = ipywidgets.Dropdown(
            options=_WAYS, value=start.wijze, description="Hoe we de besparing tellen"
        )
        self.uitkomst = ipywidgets.HTML().add_class("wb-spel-uitkomst")
        rows = [_row(field) for name, field in self.velden.items() if name != "wijze"]
        rows.append(ipywidgets.VBox([self.velden["wijze"]]).add_class("wb-spel-rij"))
        fields = ipywidgets.VBox(rows).add_class("wb-spel-velden")
        head = ipywidgets.HTML(_head(game))
        both = ipywidgets.Box([fields, self.uitkomst]).add_class("wb-spel-bord")
        self.box = ipywidgets.VBox([head, both, _Script("spel.js")]).add_class("wb-spel")
        for field in self.velden.values():
            field.observe(self._play, "value")
        self._play()

    @property
    def keuze(self) -> Choice:
        """Return what the fields say now."""
        value = {name: field.value for name, field in self.velden.items()}
        shares = {name: value[name] / 100 for name in ("kans", "terug")}
        return Choice(**(value | shares | {"jaren": int(value["jaren"])}))

    def _play(self, _: object = None) -> None:
        choice = self.keuze
        result = game_.play(self._game, choice)
        self.uitkomst.value = game_text.view(self._game, choice, result).html

    def _repr_mimebundle_(self, **how: Any) -> Any:
        """Show the board in a notebook."""
        return self.box._repr_mimebundle_(**how)


def board(game: Game) -> Board:
    """Return the board of a game, to show in a notebook."""
    return Board(game)


def _top(value: float, least: float) -> float:
    """Return the end of a slider: room to go four times as far, and a round figure."""
    return float(max(round(value * 4, -len(str(int(value * 4))) + 1), least))


def _field(words: str, value: float, most: float, step: float, least: float = 0) -> Any:
    make: Callable[..., Any] = (
        ipywidgets.BoundedIntText if isinstance(value, int) else ipywidgets.BoundedFloatText
    )
    return make(value=value, min=least, max=max(most, value), step=step, description=words)


def _row(field: Any) -> ipywidgets.VBox:
    """Return a field with its slider; both always have the same value."""
    make = ipywidgets.IntSlider if isinstance(field.value, int) else ipywidgets.FloatSlider
    slider = make(value=field.value, min=field.min, max=field.max, step=field.step, readout=False)
    ipywidgets.link((field, "value"), (slider, "value"))
    return ipywidgets.VBox([field, slider]).add_class("wb-spel-rij")


class _Script(anywidget.AnyWidget):
    """A script that runs where the board is shown, also where a page allows no script in it."""

    def __init__(self, name: str) -> None:
        """Take a file of our templates."""
        self._esm = pages.text(name)
        super().__init__()


def _head(game: Game) -> str:
    words = show.text(
        game.label,
        f"Plan: {game.plan.naam}. {_sentence(game.plan.resultaat)}",
        f"Waarom het bespaart: {_sentence(game.effect.mechanisme)}",
    )
    return f"<style>{pages.text('spel.css')}</style>{words.html}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."
