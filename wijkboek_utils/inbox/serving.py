"""Start the server, guard what it runs, and end it tidily."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress

from tornado.ioloop import IOLoop, PeriodicCallback
from traitlets.config import Config

from wijkboek_utils import folders, pilots
from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import database, decisions, kernels
from wijkboek_utils.inbox.offer import DEFAULT, OFFERS, Offer
from wijkboek_utils.inbox.server import EXTENSIONS, Server
from wijkboek_utils.inbox.visits import Visits

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OUTWARD = """\
Let op: deze server luistert nu op een netwerk. Zet dit klaar voordat anderen hem bereiken:
  1. een proxy met HTTPS ervoor (nginx of Caddy), die Host doorgeeft, websockets doorlaat en het
     aantal verbindingen per adres beperkt; de server zelf spreekt alleen HTTP;
  2. een eigen gebruiker van het systeem, die alleen in deze map mag schrijven;
  3. grenzen aan geheugen en rekentijd voor die gebruiker, naast die per bezoeker{}
Meer staat in docs/bijdragen.md."""
OUTWARD = _OUTWARD.format(
    """;
  4. elke nacht een reservekopie: wijkboek inbox backup, op een andere schijf;
  5. wijkboek inbox clean, elke nacht, zodat niets langer blijft dan is beloofd;
  6. een privacyverklaring op de plek waar u mensen uitnodigt, met wie de beheerder is."""
)
OUTWARD_PLAY = _OUTWARD.format(".")


def run(
    host: str,
    port: int,
    outward: bool,
    most: int,
    tell: Callable[[str], None],
    name: str = DEFAULT,
    pilot: str = "",
) -> None:
    """Serve a page of `OFFERS` until somebody stops it, first with the figures of `pilot`.

    Raises Fout when it may not or cannot start.
    """
    offer = OFFERS[name]
    if host not in LOOPBACK and not outward:
        raise Fout(
            f"Op {host} kan een ander op het netwerk erbij. Wilt u dat, geef dan ook --naar-buiten "
            "op; dan staat erbij wat u eerst moet regelen."
        )
    if not offer.notebook.is_file():
        file = offer.notebook.name
        raise Fout(f"Het notebook {file} is er niet. Haal het terug uit de repository.")
    if pilot:
        os.environ[folders.SERVED] = pilot
    pilots.load(folders.served(folders.DEFAULT))  # said here, and not on the page of a visitor
    # A second thread makes small matrices slower; a library asks only when it loads.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if offer.inbox:
        with database.connection() as base:  # what a stop interrupted is finished first
            decisions.settle(base, tell)
    for name in ("tornado.access", "tornado.general"):
        logging.getLogger(name).setLevel(logging.ERROR)
    server = _server(host, port, outward, most, offer)
    tell("Wijkboek start; een ogenblik.")
    kernels.register(offer.modules)
    loop = IOLoop.current()
    tidy = PeriodicCallback(server.tidy, 5_000)
    loop.add_callback(tidy.start)
    loop.add_callback(lambda: tell(f"Open http://{host}:{port}/ in de browser. Stoppen: Ctrl-C."))
    if outward:
        tell(OUTWARD if offer.inbox else OUTWARD_PLAY)
    with suppress(KeyboardInterrupt):
        server.start()


def _server(host: str, port: int, outward: bool, most: int, offer: Offer) -> Server:
    config = Config()
    config.Voila.ip, config.Voila.port, config.Voila.port_retries = host, port, 0
    config.Voila.open_browser = False
    config.Voila.log_level = logging.ERROR
    config.Voila.notebook_path = str(offer.notebook)
    config.Voila.root_dir = str(offer.notebook.parent)
    config.VoilaConfiguration.template = "wijkboek"
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.strip_sources = True
    words = {name: getattr(offer, name) for name in ("kop", "titel", "stijl", "zonder", "inbox")}
    config.VoilaConfiguration.resources = {"wijkboek": words}
    config.VoilaConfiguration.http_keep_alive_timeout = 120
    config.VoilaConfiguration.file_allowlist = []
    config.VoilaConfiguration.extension_allowlist = list(EXTENSIONS)
    config.KernelManager.transport = "ipc"  # no open port that another user could try
    config.KernelManager.autorestart = False  # a new kernel knows nothing of the page that is open
    config.MappingKernelManager.default_kernel_name = "python3"
    config.MappingKernelManager.buffer_offline_messages = True
    server = Server(config=config, visits=Visits(most), outward=outward, offer=offer)
    server.initialize([])
    return server
