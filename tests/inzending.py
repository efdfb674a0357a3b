"""A small contribution that has no faults, for tests of the inbox."""

from wijkboek_utils.inbox import buurten

PILOT = "utrecht-kanaleneiland"
ABOUT = {
    "bijdrager": "Natuurclub",
    "datum": "2026-05-31",
    "methode": "Met twee mensen geteld.",
    "licentie": "CC0",
    "toestemming": "niet nodig: geen gegevens over mensen",
    "bewaren_tot": "2031-12-31",
}


def telling(wat: str = "boom", aantal: object = 3) -> bytes:
    """Return a file with one count in the first buurt of the pilot."""
    buurt = buurten.named(PILOT)["buurt"][0]
    head = "wat;aantal;telt;buurt;opmerking"
    return f"{head}\n{wat};{aantal};planten en dieren;{buurt};bij het water\n".encode()
