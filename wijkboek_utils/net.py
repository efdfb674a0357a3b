"""The one way onto the network: polite, patient up to a bound, and clear about what went wrong."""

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from wijkboek_utils import __version__
from wijkboek_utils.errors import Fout

T = TypeVar("T")

# Another server in place of the publishers, for tests and rehearsals; see docs/ophalen.md.
SERVER = "WIJKBOEK_SERVER"
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}


class Onbereikbaar(Fout):
    """A publisher gave no usable answer; `status` is its HTTP status, None when nothing came."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Keep the message and the status."""
        super().__init__(message)
        self.status = status


class Onvolledig(Fout):
    """What came back is not the table as published: rows missing, double, or of another shape."""


class NoFigures(Exception):
    """The answer was no JSON: a page for people, or the first part of one that broke off."""


@dataclass(frozen=True)
class Patience:
    """How long and how often we try. Times in seconds."""

    attempts: int = 5
    pause: float = 1.0  # before the second attempt; doubles after each, with jitter
    longest: float = 60.0  # longest pause, also when the server asks for more
    deadline: float = 300.0  # for one whole answer: a timeout alone never ends a slow drip
    silence: float = 60.0  # without a single byte
    interval: float = 0.2  # between two questions: the services are free, and not ours


class Line:
    """Connections to the publishers, or to a server that stands in for them."""

    def __init__(self, patience: Patience | None = None, server: str | None = None) -> None:
        """Use `server` in place of every publisher when given, else what WIJKBOEK_SERVER says."""
        import requests  # takes a moment to import, and only fetching needs it

        self.patience = patience or Patience()
        self._server = (server or os.environ.get(SERVER, "")).rstrip("/")
        self._last = 0.0
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"wijkboek/{__version__}"

    @property
    def is_real(self) -> bool:
        """Return whether this line leads to the publishers and not to a stand-in for them."""
        return not self._server

    def address(self, url: str) -> str:
        """Return where to ask for a URL of a publisher: there, or at the stand-in."""
        if not self._server or url.startswith(self._server):
            return url
        return f"{self._server}/{url.split('://', 1)[1]}"

    def ask(self, host: str, question: Callable[[], T]) -> T:
        """Return the answer to a question that uses the network, tried a bounded number of times.

        Between attempts we wait longer each time, or as long as the server asks. Raises
        Onbereikbaar saying in Dutch what the last attempt met.
        """
        import tenacity

        patience = self.patience
        jitter = tenacity.wait_random(0, patience.pause)
        backoff = tenacity.wait_exponential(patience.pause, patience.longest) + jitter
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(patience.attempts),
            wait=lambda state: max(backoff(state), self._wanted(state.outcome)),
            retry=tenacity.retry_if_exception(_may_pass),
            reraise=True,
        )
        try:
            return retrying(self._once, question)
        except Exception as error:
            if (said := _explain(error)) is None:
                raise
            tried = f" ({patience.attempts} keer geprobeerd)" if _may_pass(error) else ""
            status = getattr(_response(error), "status_code", None)
            raise Onbereikbaar(f"{host} {said}{tried}.", status) from error

    def get_json(self, url: str, params: dict[str, str] | None = None) -> Any:
        """Return the JSON at a URL. Raises Onbereikbaar when it cannot be had."""
        return self.ask(urlsplit(url).netloc, lambda: self._json(self.address(url), params))

    def _json(self, url: str, params: dict[str, str] | None) -> Any:
        answer = self._session.get(url, params=params, timeout=self.patience.silence)
        answer.raise_for_status()
        try:
            return json.loads(answer.content)
        except ValueError as error:
            page = answer.content.lstrip()[:1] == b"<"
            raise NoFigures("een webpagina" if page else "een afgebroken antwoord") from error

    def _once(self, question: Callable[[], T]) -> T:
        """Ask once, not too soon after the last time, and give up at the deadline."""
        if self.is_real:
            time.sleep(max(self._last + self.patience.interval - time.monotonic(), 0))
        self._last = time.monotonic()
        answer: Future[T] = Future()

        def work() -> None:
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)

        # A thread that is left behind at the deadline ends with the process.
        threading.Thread(target=work, daemon=True).start()
        return answer.result(timeout=self.patience.deadline)

    def _wanted(self, outcome: Any) -> float:
        """Return the seconds that the server asks us to wait, within our own bound."""
        response = _response(outcome.exception())
        asked = response.headers.get("Retry-After", "") if response is not None else ""
        return min(float(asked), self.patience.longest) if asked.isdigit() else 0.0


def _response(error: BaseException | None) -> Any:
    """Return the HTTP answer behind an error; cbsodata raises a new error and keeps the first."""
    for one in (error, error.__cause__ if error else None):
        if getattr(one, "response", None) is not None:
            return one.response  # type: ignore[union-attr]
    return None


def _may_pass(error: BaseException) -> bool:
    """Return whether the same question may be answered a next time."""
    from requests import exceptions as http

    if isinstance(error, http.InvalidURL) or _is_untrusted(error):
        return False
    if (response := _response(error)) is not None:
        return response.status_code in _TRY_AGAIN
    return isinstance(error, http.RequestException | TimeoutError | NoFigures)


def _is_untrusted(error: BaseException) -> bool:
    """Return whether the certificate was refused: a handshake that broke off is an SSLError too."""
    from requests.exceptions import SSLError

    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _explain(error: BaseException) -> str | None:
    """Return in Dutch what an attempt met; None when it is a fault of our own."""
    from requests import exceptions as http

    if (response := _response(error)) is not None:
        return _STATUS.get(response.status_code, "gaf een fout") + f" (HTTP {response.status_code})"
    if _is_untrusted(error):
        return "heeft een certificaat dat niet klopt; er is niets opgehaald"
    kinds: list[tuple[Any, str]] = [
        (NoFigures, f"gaf {error} in plaats van cijfers"),
        (http.ConnectTimeout, "antwoordt niet"),
        (http.Timeout | TimeoutError, "antwoordt te traag"),
        (http.ChunkedEncodingError, "verbrak de verbinding"),
        (http.ConnectionError, "is niet te bereiken, of verbrak de verbinding"),
        (http.RequestException, f"is niet te bevragen ({error})"),
    ]
    return next((words for kind, words in kinds if isinstance(error, kind)), None)


_STATUS = {
    400: "begreep de vraag niet",
    403: "weigert de toegang",
    404: "kent deze tabel niet (meer)",
    429: "vindt dat we te vaak vragen",
    503: "is even buiten gebruik",
}
