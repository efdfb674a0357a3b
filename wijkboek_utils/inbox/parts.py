"""Pieces of the page: a field with its help and its faults, buttons, messages, downloads.

Widgets say nothing of what belongs to what; the script of our template reads that from the class
names given here, for people who do not see the page.
"""

import base64
import mimetypes
import sys
import traceback
from collections.abc import Callable
from typing import Any, Protocol

import ipywidgets

from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox.tokens import Person
from wijkboek_utils.local.schema import Field
from wijkboek_utils.show import Html, in_page

_LONG = 500  # characters; above it a field has several lines
_BROKEN = "Er ging iets mis. Wat u invulde, staat er nog. Probeer het nog eens."


class Session(Protocol):
    """One visit, as the parts of the page see it: who is logged in, for which pilot."""

    person: Person
    pilot: str

    def refresh(self) -> None:
        """Show every list as it is now."""


class Entry:
    """One field to fill in: its label, what it is for, and what is wrong with it."""

    def __init__(
        self, field: Field, choices: list[tuple[str, str]] | None = None, terse: bool = False
    ) -> None:
        """Make an empty field; `choices` are (words, value), `terse` leaves out the help."""
        self.name = field.name
        self._help = "" if terse else field.help
        facts: dict[str, Any] = {"description": field.title}
        options = choices or [(word, word) for word in field.choices]
        if options:
            first = "kies, of laat leeg" if not field.required else "kies"
            self.control = ipywidgets.Dropdown(options=[(first, ""), *options], value="", **facts)
        elif field.longest > _LONG:
            self.control = ipywidgets.Textarea(rows=3, **facts)
        else:
            self.control = ipywidgets.Text(placeholder="", **facts)
        self._below = ipywidgets.HTML()
        self.box = ipywidgets.VBox([self.control, self._below])
        self.box.add_class("wb-veld").add_class("wb-nodig" if field.required else "wb-mag")
        self.tell([])

    @property
    def value(self) -> str:
        """Return what was filled in."""
        return str(self.control.value or "").strip()

    @value.setter
    def value(self, text: str) -> None:
        known = [value for _, value in getattr(self.control, "options", [])]
        if not known or text in known:
            self.control.value = text

    def tell(self, faults: list[str]) -> None:
        """Show what is wrong with the field, or nothing."""
        lines = [f'<p class="wb-hulp">{in_page(self._help)}</p>'] if self._help else []
        for words in faults:
            told = (
                words.removesuffix(self._help) if self._help else words
            )  # it stands there already
            lines.append(f'<p class="wb-veldfout"><b>Fout:</b> {in_page(told)}</p>')
        if self._below.value != (html := "".join(lines)):
            self._below.value = html


class Message:
    """A line that says how it went, read aloud when it changes."""

    def __init__(self) -> None:
        """Begin with nothing to say."""
        self._box = ipywidgets.HTML()
        self._box.add_class("wb-melding")
        self._count = 0
        self.box = self._box

    def say(self, words: str, good: bool = True, more: Html | None = None) -> None:
        """Say how it went; the page moves to it."""
        self._count += 1  # the same words twice are said twice
        kind, word = ("wb-goed", "Gelukt.") if good else ("wb-mis", "Let op.")
        self._box.value = (
            f'<div class="{kind}" tabindex="-1" data-wb-naar="{self._count}"><p><b>{word}</b> '
            f"{in_page(words)}</p>{more.html if more else ''}</div>"
        )

    def clear(self) -> None:
        """Say nothing."""
        self._box.value = ""


def button(words: str, action: Callable[[], None], message: Message, main: bool = False) -> Any:
    """Return a button; what goes wrong in its action is said, and nothing that was filled in goes.

    While it works it cannot be pressed again.
    """
    made = ipywidgets.Button(description=words, button_style="primary" if main else "")

    def press(_: Any) -> None:
        made.disabled = True
        try:
            action()
        except Fout as fout:
            message.say(str(fout), good=False)
        except Exception:  # of the program: the visitor can go on, the manager reads what it was
            traceback.print_exc(file=sys.__stderr__)
            message.say(_BROKEN, good=False)
        finally:
            made.disabled = False

    made.on_click(press)
    return made


def download(words: str, name: str, content: bytes) -> str:
    """Return a link that saves a file; the file is in the link itself."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    data = base64.b64encode(content).decode()
    return (
        f'<a class="wb-bestand" download="{in_page(name)}" '
        f'href="data:{kind};base64,{data}">{in_page(words)}</a>'
    )


def html(text: str) -> ipywidgets.HTML:
    """Return a piece of the page."""
    return ipywidgets.HTML(text)


def close(widget: Any) -> None:
    """Take a widget and everything in it away, here and in the browser."""
    for child in getattr(widget, "children", ()):
        close(child)
    widget.close()


def group(*parts: Any, name: str = "") -> ipywidgets.VBox:
    """Return parts below each other, with a class name for the style sheet."""
    box = ipywidgets.VBox(list(parts))
    return box.add_class(name) if name else box
