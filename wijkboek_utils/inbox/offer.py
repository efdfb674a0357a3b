"""What `wijkboek serve` can show: one notebook at a time, each as a page of its own."""

from dataclasses import dataclass
from pathlib import Path

from wijkboek_utils.folders import NOTEBOOKS

_KERNEL = ("ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell", "ipywidgets")
# Scripts come from our own files alone; {} is room for those that a kernel of ours sends to its own
# page. Widgets set styles, hence unsafe-inline there.
_POLICY = (
    "default-src 'none'; script-src 'self'{}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Offer:
    """A notebook to serve: its head, style sheet, and what is loaded before visitors come.

    `blob`: whether the page draws parts of its own, which arrive as a script from our own kernel.
    `inbox`: whether visitors send in something that is kept.
    """

    notebook: Path
    kop: str
    titel: str
    stijl: str
    warm: str
    zonder: str = "Deze pagina werkt alleen met JavaScript."
    blob: bool = True
    inbox: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Return what is sent with every answer: what the browser may load and run."""
        policy = _POLICY.format(" blob:" if self.blob else "")
        return {"Content-Security-Policy": policy, **_HEADERS}

    @property
    def modules(self) -> list[str]:
        """Return what is imported in the process that the kernels are forked from."""
        return [*_KERNEL, self.warm]


OFFERS = {
    "bijdragen": Offer(
        NOTEBOOKS / "93_bijdragen.ipynb",
        "Gegevens bijdragen",
        "Gegevens bijdragen aan het wijkboek",
        "bijdragen.css",
        "wijkboek_utils.inbox.warm",
        "Deze pagina werkt alleen met JavaScript. U kunt uw bestand ook mailen aan wie u "
        "uitnodigde.",
        blob=False,
        inbox=True,
    ),
    "verkenner": Offer(
        NOTEBOOKS / "91_verkenner.ipynb",
        "Verkenner",
        "Verkenner van het wijkboek",
        "spelen.css",
        "wijkboek_utils.explorer.warm",
        "Deze pagina werkt alleen met JavaScript. De cijfers van de wijk staan ook in het rapport.",
    ),
    "spel": Offer(
        NOTEBOOKS / "92_inverdienspel.ipynb",
        "Inverdienspel",
        "Inverdienspel van het wijkboek",
        "spelen.css",
        "wijkboek_utils.models.game_board",
    ),
}
DEFAULT = "bijdragen"
