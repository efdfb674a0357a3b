"""`wijkboek serve`: Voila, with one notebook and nothing of a notebook server around it.

Voila runs the notebook in a kernel per visitor and passes on what widgets say, no code. This is
that server with only the addresses that its page needs; everything else does not exist.
"""

import hashlib
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import tornado.web
from jupyter_core.utils import ensure_async
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado.ioloop import IOLoop
from voila.app import Voila
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from wijkboek_utils import folders, pages, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import limits
from wijkboek_utils.inbox.offer import Offer
from wijkboek_utils.inbox.visits import COOKIE, Visits, sound

_TEMPLATE = pages.TEMPLATES / "voila"
_SHARE = Path(sys.prefix, "share", "jupyter")  # where pip puts the scripts of widgets and Voila
EXTENSIONS = {
    "@jupyter-widgets/jupyterlab-manager": _SHARE / "labextensions",
    "@voila-dashboards/widgets-manager8": _SHARE / "voila" / "labextensions",
    "anywidget": _SHARE / "labextensions",
}
_KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


class Guarded:
    """What every address has: our headers, a known host, and errors without a trace."""

    def set_default_headers(self: Any) -> None:
        """Send our headers with whatever is answered."""
        for name, value in self.settings["wijkboek_offer"].headers.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def prepare(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Refuse a host that we are not: another site may have given its name our address."""
        hosts = self.settings["wijkboek_hosts"]
        if hosts and self.request.host.lower() not in hosts:
            raise tornado.web.HTTPError(403)
        return super().prepare(*args, **kwargs)  # type: ignore[misc]

    def write_error(self: Any, status_code: int, **kwargs: Any) -> None:
        """Say what is wrong on a page of our own, with no trace of the program."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        page = pages.templates().get_template("voila/fout.html.j2")
        self.finish(page.render(status=status_code, offer=self.settings["wijkboek_offer"]))

    @property
    def browser(self: Any) -> str | None:
        """Return the browser that asks, by a secret that only it has."""
        value = self.get_signed_cookie(COOKIE, max_age_days=2)
        return value.decode() if value else None

    @property
    def visits(self: Any) -> Visits:
        """Return who has which kernel."""
        found: Visits = self.settings["wijkboek_visits"]
        return found

    def own(self: Any, kernel_id: str) -> None:
        """Refuse who did not open the page of this kernel; to others it does not exist."""
        if not self.visits.owns(self.browser, kernel_id):
            raise tornado.web.HTTPError(404)


class Nobody(IdentityProvider):
    """Everybody is a visitor; who may do what is decided by the code that they log in with."""

    def get_user(self, handler: tornado.web.RequestHandler) -> User:
        """Return a visitor, and set no cookie."""
        return User(username="bezoeker")


class Missing(Guarded, tornado.web.RequestHandler):
    """Any address that is not ours."""

    def prepare(self) -> None:
        """Say that it does not exist, whatever is asked of it."""
        raise tornado.web.HTTPError(404)


class Health(Guarded, tornado.web.RequestHandler):
    """Whether the server lives, for who guards it."""

    def get(self) -> None:
        """Answer with the number of open pages."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"in orde, {len(self.visits.known)} open\n")


class Page(Guarded, TornadoVoilaHandler):
    """The page: a kernel of its own for who opens it, or a word that it is busy."""

    @property
    def kernel_manager(self) -> Any:
        """Return the manager of kernels, which notes whose kernel it starts."""
        return _Starting(self)

    async def get(self, path: str | None = None) -> None:
        """Start a kernel and send the page that it makes."""
        browser = self.browser or secrets.token_urlsafe(32)
        if self.visits.full(browser):
            self.set_header("Retry-After", "120")
            raise tornado.web.HTTPError(503)
        secure = self.settings["wijkboek_secure"]
        options = {"httponly": True, "samesite": "Strict", "secure": secure}
        self.set_signed_cookie(COOKIE, browser, expires_days=None, **options)
        self.wijkboek_browser = browser
        self.visits.starting[self] = browser
        try:
            await super().get(path)
        finally:
            self.visits.starting.pop(self, None)


class Own(Guarded, JupyterHandler):
    """One kernel: whether it lives, and its end. For the browser that opened its page."""

    def check_xsrf_cookie(self) -> None:
        """Pass: the cookie of a visit is not sent along by another site (SameSite=Strict)."""

    async def get(self, kernel_id: str) -> None:
        """Return what the page needs to know of its kernel."""
        self.own(kernel_id)
        model = self.kernel_manager.kernel_model(kernel_id)
        self.finish({key: model[key] for key in ("id", "name", "execution_state")})

    async def post(self, kernel_id: str) -> None:
        """End a kernel, when its page is closed."""
        self.own(kernel_id)
        await self.settings["wijkboek_end"](kernel_id)
        self.set_status(204)


class Socket(Guarded, VoilaKernelWebsocketHandler):
    """The line between a page and its kernel, for messages of widgets alone."""

    max_message_size = limits.SIZE + 500_000

    def prepare(self, *args: Any, **kwargs: Any) -> Any:
        """Let a browser in on its own kernel, from our own page."""
        if self.request.headers.get("Origin", "").partition("://")[2] != self.request.host:
            raise tornado.web.HTTPError(403)
        self.own(self.path_kwargs["kernel_id"])
        return super().prepare(*args, **kwargs)

    def set_default_headers(self) -> None:
        """Send no headers of a page with a line."""

    async def open(self, kernel_id: str) -> None:
        """Connect, unless the page has enough lines already."""
        self.connected = self.visits.connect(kernel_id, self)
        if self.connected:
            await super().open(kernel_id)
        else:
            self.close(1008, "te veel verbindingen")

    def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on, unless there are too many or it is none of a page."""
        if not self.visits.may_send(self.kernel_id, len(ws_message)):
            self.close(1008, "te veel berichten")
        elif not sound(ws_message, self.selected_subprotocol):
            self.close(1007, "onleesbaar bericht")
        elif self.kernel_id in self.kernel_manager:
            try:
                super().on_message(ws_message)
            except Exception:  # of its own making: no trace of it belongs in what the server says
                self.close(1007, "onleesbaar bericht")

    def on_close(self) -> None:
        """Disconnect."""
        self.visits.disconnect(self.kernel_id, self)
        if self.connected:
            super().on_close()


class Static(Guarded, MultiStaticFileHandler):
    """Scripts and styles; they change only with the program."""

    def set_extra_headers(self, path: str) -> None:
        """Let a browser keep them."""
        self.set_header("Cache-Control", "public, max-age=86400")


class OwnStatic(Static):
    """Those of our own template: asked for again, for they change while somebody works on them."""

    def set_extra_headers(self, path: str) -> None:
        """Let a browser ask whether they changed."""
        self.set_header("Cache-Control", "no-cache")


class _Starting:
    """The kernel manager as one page sees it: the kernel that it starts is of its browser."""

    def __init__(self, page: "Page") -> None:
        self._page, self._manager = page, page.settings["kernel_manager"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    async def start_kernel(self, **facts: Any) -> str:
        """Start a kernel that knows nothing of the machine but what it needs."""
        page = self._page
        env = {k: v for k, v in os.environ.items() if k in _NEEDED}
        visit = hashlib.sha256(page.wijkboek_browser.encode()).hexdigest()[:16]
        env |= {"WIJKBOEK_ROOT": str(sources.ROOT), "WIJKBOEK_BEZOEK": visit}
        kernel = str(await ensure_async(self._manager.start_kernel(**{**facts, "env": env})))
        page.visits.begin(kernel, page.wijkboek_browser, page)
        return kernel


_NEEDED = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "OMP_NUM_THREADS", folders.SERVED}


class Server(Voila):
    """Voila with one page, its own addresses and nothing else."""

    def __init__(self, visits: Visits, outward: bool, offer: Offer, **facts: Any) -> None:
        """Take who may visit, whether the server faces a network, and what it shows."""
        super().__init__(**facts)
        self.visits, self.outward, self.offer = visits, outward, offer

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Read no settings of the machine: what is open is decided here."""

    def setup_template_dirs(self) -> None:
        """Use our own template alone."""
        self.template_paths = [str(_TEMPLATE)]

    def init_settings(self) -> dict[str, Any]:
        """Return the settings, with who has which kernel."""
        hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        settings = super().init_settings()
        self.kernel_manager.allowed_message_types.remove("shutdown_request")
        return settings | {
            "identity_provider": Nobody(parent=self, token=""),
            "wijkboek_visits": self.visits,
            "wijkboek_offer": self.offer,
            "wijkboek_hosts": set() if self.outward else hosts,
            "wijkboek_secure": self.outward,
            "wijkboek_end": self.end,
            "allow_remote_access": True,
            "cookie_secret": secrets.token_bytes(32),  # a visit does not outlive the server
            "websocket_max_message_size": limits.SIZE + 500_000,
            "ws_ping_interval": 20_000,
            "ws_ping_timeout": 60_000,
            "default_handler_class": Missing,
            "log_function": lambda handler: None,  # no list of who visited what
        }

    def init_handlers(self) -> list[Any]:
        """Return every address that exists."""
        arguments = {
            "notebook_path": os.path.relpath(self.notebook_path, self.root_dir),
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        folders = {"voila/static": _SHARE / "voila" / "templates" / "base" / "static"}
        for name, folder in EXTENSIONS.items():
            folders[f"voila/labextensions/{name}/static"] = folder / name / "static"
        return [
            (r"/", Page, arguments),
            (r"/gezond", Health),
            (rf"/api/kernels/{_KERNEL}/channels", Socket),
            (rf"/(?:api/kernels|voila/api/shutdown)/{_KERNEL}", Own),
            *((rf"/{url}/([\w.-]+)", Static, {"paths": [str(at)]}) for url, at in folders.items()),
            (r"/wijkboek/(report.css)", OwnStatic, {"paths": [str(pages.TEMPLATES)]}),
            (r"/wijkboek/([\w.-]+)", OwnStatic, {"paths": [str(_TEMPLATE / "static")]}),
        ]

    def listen(self) -> None:
        """Serve until it is stopped; wait for nobody who sends a lot, or sends it slowly."""
        bounds = {"max_body_size": 10_000, "idle_connection_timeout": 120, "body_timeout": 10}
        self.ioloop = IOLoop.current()
        try:
            self.app.listen(self.port, self.ip, **bounds)
            self.ioloop.start()
        except OSError as error:
            words = f"Poort {self.port} is niet vrij ({error.strerror})."
            raise Fout(f"{words} Kies een andere met --port.") from None
        finally:
            self.stop()

    async def end(self, kernel_id: str) -> None:
        """End a kernel, if it still runs."""
        self.visits.end(kernel_id)
        if kernel_id in self.kernel_manager:
            await ensure_async(self.kernel_manager.shutdown_kernel(kernel_id, now=True))

    async def tidy(self) -> None:
        """End the kernels that nobody uses any more, or that died."""
        gone, manager = self.visits.gone(), self.kernel_manager
        for kernel in list(self.visits.known):
            lives = kernel in manager and await ensure_async(manager.is_alive(kernel))
            if not lives or kernel in gone:
                await self.end(kernel)
