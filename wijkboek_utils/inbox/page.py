"""The page to contribute with: who is logged in, and what that person may see and do.

Whatever a visitor sends is checked where it is carried out, in `submissions`: a button that is not
shown is no protection, for a browser can press it all the same.
"""

import os

import ipywidgets

from wijkboek_utils.inbox import database, desk, form, parts, tokens

_INSIDE = {"bijdrager": "gegevens insturen", "beoordelaar": "insturen en beoordelen"}


class Session:
    """One visit: somebody who logs in, and the parts of the page for that person."""

    person: tokens.Person

    def __init__(self, pilot: str) -> None:
        """Ask for the code."""
        self.pilot = pilot
        self._visit = os.environ.get("WIJKBOEK_BEZOEK", str(os.getpid()))
        self._message = parts.Message()
        self._parts: list[desk.Own | desk.Desk] = []
        self._code = ipywidgets.Password(description="Uw code", placeholder="")
        self.box = parts.group(name="wb-blad")
        self._ask()

    def _ask(self) -> None:
        self._parts = []
        self._inside = ipywidgets.VBox()
        self.box.children = [self._message.box, self._inside]
        self._inside.children = [
            parts.group(
                parts.html("<h2>Inloggen</h2><p>U kreeg een code van de beheerder.</p>"),
                self._code,
                parts.button("Log in", self._log_in, self._message, main=True),
                name="wb-keuze",
            )
        ]

    def _log_in(self) -> None:
        code, self._code.value = self._code.value, ""
        with database.connection() as base:
            self.person = tokens.log_in(base, code, self._visit)
        own, self._form = desk.Own(self), form.Contribution(self)
        self._parts = [own, *([desk.Desk(self)] if self.person.judges else [])]
        self._inside.children = [
            parts.button("Log uit", self._log_out, self._message),
            *(part.box for part in self._parts[1:]),
            self._form.box,
            own.box,
        ]
        may = _INSIDE.get(self.person.role, "insturen en inzendingen intrekken")
        self._message.say(f"U bent ingelogd als {self.person.name}. U kunt {may}.")

    def _log_out(self) -> None:
        del self.person  # and nothing of it stays for who uses this page after
        self._form.close()
        parts.close(self._inside)
        self._message.say("U bent uitgelogd.")
        self._ask()

    def refresh(self) -> None:
        """Show every list as it is now."""
        for part in self._parts:
            part.refresh()


def start(pilot: str) -> ipywidgets.VBox:
    """Return the page for one visitor; `pilot` is chosen until the visitor chooses another."""
    return Session(pilot).box
