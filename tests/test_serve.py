"""`wijkboek serve`: people contribute at once in a browser, and nobody can do more than that."""

import asyncio
import os
import re
import resource
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, websocket_connect

from docs.load import ABOUT, Server, Visitor, crowd, telling
from tests.conftest import command, project
from wijkboek_utils.inbox import buurten, grid, limits, parts, visits

PILOT = "utrecht-kanaleneiland"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return a running server in a project of its own, with room for eight pages."""
    root = project(tmp_path_factory.mktemp("bijdragen"))
    with Server(root, free_port(), "--most", "8") as one:
        yield one


@pytest.fixture(scope="module")
def codes(server):
    """Return a code for each role, made once."""
    roles = {"Natuurclub": "bijdrager", "Buurthuis": "bijdrager", "Wijkraad": "beoordelaar"}
    return {name: server.code(name, role) for name, role in roles.items()}


@pytest.fixture
def buurt() -> str:
    return buurten.named(PILOT)["buurt"][0]


def until_empty(server) -> None:
    """Wait until the pages of an earlier test are closed."""
    for _ in range(300):
        if urlopen(f"{server.address}/gezond").read() == b"in orde, 0 open\n":
            return
        time.sleep(0.2)
    raise AssertionError("er blijven pagina's open")


# In a browser


class Page:
    """A page in a browser, with everything it asked for and what it complained about."""

    def __init__(self, browser, server, width=1280):
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.asked, self.wrong = [], []
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))
        self.page.on("console", lambda m: m.type == "error" and self.wrong.append(m.text))
        self.page.goto(f"{server.address}/")
        self.button("Log in").wait_for()

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def fill(self, **fields):
        for label, text in fields.items():
            field = self.page.get_by_label(label.replace("_", " "), exact=True)
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)

    def press(self, name, words):
        self.button(name).click()
        self.page.get_by_text(words).first.wait_for()

    def log_in(self, code, words="U bent ingelogd als"):
        self.fill(Uw_code=code)
        self.press("Log in", words)

    def upload(self, name, content):
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Kies een bestand").click()
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        chooser.value.set_files(file)

    def axe(self):
        return [one["id"] for one in Axe().run(self.page).response["violations"]]


@pytest.fixture
def pages(browser, server):
    """Open pages, and close them after the test."""
    opened = []

    def make(width=1280):
        opened.append(Page(browser, server, width))
        return opened[-1]

    yield make
    for one in opened:
        if one.context.pages:
            one.page.goto("about:blank")  # the page says goodbye to its kernel
            one.context.close()
    for one in opened:
        assert one.wrong == []
        hosts = {url for url in one.asked if not url.startswith((server.address, "data:"))}
        assert hosts == set()


def test_two_people_contribute_at_once_and_a_beoordelaar_decides(pages, server, codes, buurt):
    one, two = pages(), pages(360)
    one.log_in(codes["Natuurclub"])
    two.log_in(codes["Buurthuis"])

    # One uploads a file with faults, sees them, and gets a copy in which they are marked.
    bad = ABOUT + f"wat;aantal;telt;buurt\n<b>boom</b>;drie;planten en dieren;{buurt}\n"
    one.upload("telling.csv", bad.encode())
    one.page.get_by_text("Gekozen: telling.csv").wait_for()
    one.press("Kijk na", "1 fout. Verbeter ze")
    assert one.page.get_by_text(re.compile("rij 8, kolom aantal|rij 2, kolom aantal")).count() == 1
    with one.page.expect_download() as download:
        one.page.get_by_role("link", name="Haal een kopie op").click()
    assert download.value.suggested_filename == "telling-nagekeken.xlsx"
    assert download.value.path().read_bytes()[:2] == b"PK"
    one.press("Stuur in", "Kijk het eerst na")

    # The other fills in rows, with a fault beside the field.
    two.fill(Hoe_geeft_u_ze="Ik vul rijen in")
    two.button("Nog een rij").wait_for()
    naam = buurten.named(PILOT)["naam"][0]
    two.fill(Wat_is_geteld="bank", Aantal="veel", Wat_voor_telling="dingen", Buurt=naam)
    about = {
        "Wie levert de gegevens": "Buurthuis",
        "Wanneer verzameld": "2026-06-01",
        "Hoe verzameld": "Geteld tijdens een wandeling.",
        "Licentie": "CC0",
        "Toestemming": "niet nodig: geen gegevens over mensen",
        "Bewaren tot": "2031-12-31",
    }
    two.fill(**about)
    two.press("Kijk na", "1 fout. Verbeter ze")
    field = two.page.get_by_label("Aantal", exact=True)
    assert field.get_attribute("aria-invalid") == "true"
    told = [f"#{i}" for i in field.get_attribute("aria-describedby").split()]
    assert "Fout: «veel» is geen getal" in " ".join(two.page.inner_text(i) for i in told)
    assert two.axe() == []
    two.fill(Aantal="4")
    two.press("Kijk na", "Er zijn geen fouten")
    assert field.get_attribute("aria-invalid") == "false"
    assert two.page.get_by_role("img", name="Waar het is").count() == 1
    assert two.axe() == []
    assert two.page.evaluate("document.documentElement.scrollWidth") <= 360
    two.press("Stuur in", "Uw bijdrage is ontvangen en heeft nummer B-")

    # The first mends the file; its text is text.
    one.upload("telling.csv", bad.replace("drie", "3").encode())
    one.page.get_by_text("Gekozen: telling.csv").wait_for()
    one.press("Kijk na", "Er zijn geen fouten")
    assert one.page.get_by_role("rowheader", name="<b>boom</b>").count() == 1
    one.press("Stuur in", "Uw bijdrage is ontvangen en heeft nummer B-")
    assert one.button("Neem aan").count() == 0  # who only contributes does not judge
    one.page.goto("about:blank")

    judge = pages()
    judge.log_in(codes["Wijkraad"])
    which = judge.page.get_by_label("Welke inzending").first
    names = which.locator("option").all_inner_texts()
    assert len(names) == 3  # "kies" and both
    for name, words, act in (
        (names[1], "is aangenomen. De gegevens komen", "Neem aan"),
        (names[2], "is geweigerd. De inzender ziet", "Weiger"),
    ):
        which.select_option(name)
        judge.press("Bekijk", "Over inzending")
        if act == "Weiger":
            judge.fill(Waarom_weigert_u="Dit is geen boom.")
        assert judge.axe() == []
        judge.press(act, words)
    two.press("Ververs de lijst", "aangenomen")
    stored = list((server.folder / "data/raw/lokaal" / PILOT).glob("b0*.csv"))
    assert [f.read_text().splitlines()[1].split(",")[0] for f in stored] == ["bank"]

    # What is taken back is gone.
    two.page.get_by_label("Welke inzending").select_option(index=1)
    two.page.get_by_label(re.compile("Ja, ik wil")).check()
    two.press("Trek in", "is ingetrokken en gewist")
    assert not list((server.folder / "data/raw/lokaal" / PILOT).glob("b0*.csv"))


def test_the_page_works_with_the_keyboard_and_says_what_is_wrong(pages, codes):
    one = pages()
    one.fill(Uw_code="1.geraden")
    one.page.keyboard.press("Tab")
    one.page.keyboard.press("Enter")
    one.page.get_by_text("Deze code klopt niet").wait_for()
    one.page.locator(".wb-mis:focus").wait_for()
    assert one.axe() == []
    one.log_in(codes["Natuurclub"])
    assert one.axe() == []
    labels = one.page.locator("main :is(input, select, textarea)").evaluate_all(
        "all => all.filter(e => !e.labels.length && e.type != 'file').length"
    )
    assert labels == 0
    one.press("Log uit", "U bent uitgelogd")


# Without a browser: everything that a page is not meant to do


def status(server, path, method="GET", **headers) -> int:
    request = Request(f"{server.address}{path}", method=method, headers=headers)
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/kernels"),
        ("POST", "/api/kernels"),
        ("GET", "/api/kernelspecs"),
        ("GET", "/api/sessions"),
        ("POST", "/api/sessions"),
        ("GET", "/api/contents"),
        ("GET", "/voila/api/contents"),
        ("PUT", "/api/contents/x.ipynb"),
        ("POST", "/api/terminals"),
        ("GET", "/terminals/1"),
        ("GET", "/nbconvert/html/93_bijdragen.ipynb"),
        ("GET", "/notebooks/93_bijdragen.ipynb"),
        ("GET", "/voila/render/07_grootboek.ipynb"),
        ("GET", "/voila/tree"),
        ("GET", "/voila/files/93_bijdragen.ipynb"),
        ("GET", "/voila/templates/lab/static/voila.js"),
        ("GET", "/voila/static/../../../../data/inbox/inbox.sqlite"),
        ("GET", "/voila/static/%2e%2e%2f%2e%2e%2fdata%2finbox%2finbox.sqlite"),
        ("GET", "/wijkboek/..%2f..%2f..%2f..%2fdata%2finbox%2finbox.sqlite"),
        ("GET", "/wijkboek/"),
        ("GET", "/static/voila.js"),
        ("GET", "/login"),
        ("GET", "/api/kernels/00000000-0000-0000-0000-000000000000"),
        ("POST", "/voila/api/shutdown/00000000-0000-0000-0000-000000000000"),
        ("GET", "/93_bijdragen.ipynb"),
    ],
)
def test_what_is_no_part_of_the_page_does_not_exist(server, method, path):
    assert status(server, path, method) == 404


def test_headers_keep_everything_from_elsewhere_out(server):
    with urlopen(f"{server.address}/wijkboek/bijdragen.js") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; " in policy and "unsafe-eval" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers
    assert status(server, "/", Host="kwaad.example") == 403  # a name that leads here


def run(work):
    """Run in a thread of its own: the browser has the loop of this one."""

    async def bounded():
        return await asyncio.wait_for(work, 90)

    with ThreadPoolExecutor(1) as one:
        return one.submit(asyncio.run, bounded()).result()


def test_a_visitor_runs_no_code_whatever_is_sent(server, tmp_path):
    until_empty(server)
    trace = tmp_path / "gelukt"
    code = f"open({str(trace)!r}, 'w').write('x')"
    execute = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
    execute |= {"allow_stdin": True, "stop_on_error": False}

    async def attack():
        visitor = await Visitor(server.address).open()
        for channel in ("shell", "control", "stdin", "iopub"):
            await visitor.send("execute_request", execute, channel=channel)
            await visitor.send("input_reply", {"value": code}, channel=channel)
            await visitor.send("debug_request", {"command": "evaluate"}, channel=channel)
            await visitor.send("complete_request", {"code": code, "cursor_pos": 3}, channel=channel)
            await visitor.send("inspect_request", {"code": "os", "cursor_pos": 1}, channel=channel)
            await visitor.send("history_request", {"output": True}, channel=channel)
            await visitor.send("shutdown_request", {"restart": False}, channel=channel)
        target = {"target_name": "x", "target_module": "os", "data": {"code": code}}
        await visitor.send("comm_open", {"comm_id": "1", **target})
        for kind in ("comm_open", "comm_msg"):  # a widget that is not ours, or a wrong message
            state = {"_model_module": "os", "_model_name": "system", "value": code}
            about = {"comm_id": "2", "target_name": "jupyter.widget", "data": {"state": state}}
            await visitor.send(kind, about, metadata={"version": "2.1.0"})
        await visitor.line.write_message(b"\x00\x00\xff\xff nonsense", binary=True)
        await visitor.line.write_message("{")
        await asyncio.sleep(2)
        # Its line was cut on the last of these; the kernel still lives, and nothing happened in it.
        other = Visitor(server.address)
        other.cookie, other.kernel = visitor.cookie, visitor.kernel
        await other.connect()
        other.states = visitor.states
        await other.press("Log in")
        await other.hear("Deze code klopt niet")
        await other.close()

    run(attack())
    assert not trace.exists()


def test_hidden_parts_do_nothing_for_who_may_not(server, codes, buurt):
    """A browser can say that any button was pressed and any field changed."""

    async def attack():
        one = await Visitor(server.address).open()
        before = dict(one.states)
        await one.log_in(codes["Natuurclub"])
        await one.upload("a.csv", telling("eik", buurt))
        await one.hear("Gekozen: a.csv")
        await one.press("Kijk na")
        await one.hear("Er zijn geen fouten")
        await one.press("Stuur in")
        await one.hear("ontvangen en heeft nummer")
        labels = [s.get("description") for s in one.states.values()]
        assert "Neem aan" not in labels and "Weiger" not in labels
        stranger = await Visitor(server.address).open()  # not logged in: nothing to press
        assert {s.get("description") for s in stranger.states.values()} & {"Stuur in"} == set()
        # An index beyond the choices changes nothing, and the page goes on.
        await one.set("Voor welke wijk", index=999)
        await one.set("Wat voor gegevens", index=-5)
        await one.press("Ververs de lijst")
        await one.hear("Inzendingen en hoe het ermee staat")
        assert before
        await one.close()
        await stranger.close()

    run(attack())


def test_a_visitor_cannot_reach_the_page_of_another(server):
    async def attack():
        mine, yours = [await Visitor(server.address).open() for _ in range(2)]
        spy = Visitor(server.address)
        spy.kernel = yours.kernel
        for cookie in (mine.cookie, "", mine.cookie[:-3] + "abc"):
            spy.cookie = cookie
            with pytest.raises(HTTPClientError) as refused:
                await spy.connect()
            assert refused.value.code == 404
        paths = (f"/api/kernels/{yours.kernel}", f"/voila/api/shutdown/{yours.kernel}")
        asked = [
            await asyncio.to_thread(status, server, path, method, Cookie=mine.cookie)
            for path, method in zip(paths, ("GET", "POST"), strict=True)
        ]
        assert asked == [404, 404]
        spy.cookie = yours.cookie
        for origin in ("http://kwaad.example", "null", ""):
            with pytest.raises(HTTPClientError) as refused:  # another site, with the cookie of you
                await spy.connect(Origin=origin)
            assert refused.value.code == 403
        path = f"/voila/api/shutdown/{yours.kernel}"
        own = await asyncio.to_thread(status, server, path, "POST", Cookie=yours.cookie)
        assert own == 204  # the page itself may
        await mine.close()

    run(attack())


def test_a_message_that_is_too_large_or_too_many_ends_the_line_and_nothing_else(server):
    async def attack():
        big, many, calm = [await Visitor(server.address).open() for _ in range(3)]
        with suppress(WebSocketClosedError, StreamClosedError):
            await big.line.write_message(b"x" * (limits.SIZE + 600_000), binary=True)
        with suppress(WebSocketClosedError, StreamClosedError):
            for _ in range(500):
                await many.send("kernel_info_request", {})
        for one in (big, many):
            await asyncio.wait_for(one.listening, 20)  # ends with the line
            await one.close()
        await calm.press("Log in")
        await calm.hear("Deze code klopt niet")
        await calm.close()

    run(attack())


def test_when_it_is_full_a_page_says_that_it_is_busy_and_room_comes_back(server):
    until_empty(server)

    async def fill():
        inside = await asyncio.gather(*(Visitor(server.address).open() for _ in range(8)))
        request = await asyncio.to_thread(status, server, "/")
        first = inside[0]
        path = f"/voila/api/shutdown/{first.kernel}"
        await asyncio.to_thread(status, server, path, "POST", Cookie=first.cookie)
        late = await Visitor(server.address).open()
        for one in [*inside, late]:
            await one.close()
        return request

    assert run(fill()) == 503


def test_a_page_that_nobody_uses_makes_room(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(visits.time, "monotonic", lambda: now[0])
    some = visits.Visits(most=3)
    for kernel in ("nooit verbonden", "verbonden", "stil"):
        some.begin(kernel, "browser")
    assert some.connect("verbonden", "lijn") and some.connect("stil", "andere lijn")
    assert some.full("ander") and some.gone() == []
    now[0] += visits.ALONE + 1
    assert some.gone() == ["nooit verbonden"]
    now[0] += visits.IDLE
    some.may_send("verbonden", 10)
    assert set(some.gone()) == {"nooit verbonden", "stil"}
    some.disconnect("verbonden", "lijn")  # the page may come back for a while
    assert "verbonden" not in some.gone()
    assert some.owns("browser", "stil") and not some.owns("ander", "stil")
    assert not some.owns(None, "stil") and not some.owns("browser", "onbekend")


def test_one_browser_does_not_take_all_pages():
    some = visits.Visits(most=10)
    for n in range(visits.PER_BROWSER):
        assert not some.full("een")
        some.begin(str(n), "een")
    assert some.full("een") and not some.full("twee")


def test_a_page_that_starts_counts_once():
    some = visits.Visits(most=2)
    some.starting["blad"] = "een"
    some.begin("1", "een", "blad")
    assert not some.full("een")
    some.starting["tweede blad"] = "een"
    assert some.full("een")


def test_a_page_has_few_lines_and_they_break_when_its_kernel_ends():
    class Line:
        broken = None

        def close(self, code):
            self.broken = code

    some, lines = visits.Visits(), [Line() for _ in range(visits.LINES + 1)]
    some.begin("kern", "browser")
    assert [some.connect("kern", line) for line in lines] == [True] * visits.LINES + [False]
    some.disconnect("kern", lines[0])
    assert some.connect("kern", lines[-1])
    some.end("kern")
    assert [line.broken for line in lines] == [None] + [1001] * visits.LINES
    assert not some.connect("kern", lines[0]) and not some.may_send("kern", 1)


V1 = "v1.kernel.websocket.jupyter.org"


def bomb(protocol) -> bytes:
    """Return a message of a few bytes that says it has 100,000,000 parts."""
    return (10**8).to_bytes(8, "little") if protocol else (10**8).to_bytes(4, "big")


@pytest.mark.parametrize("protocol", [None, V1])
def test_a_message_that_says_it_has_very_many_parts_is_not_unpacked(server, protocol):
    async def attack():
        visitor = await Visitor(server.address).open()
        url = f"ws://{visitor.host}/api/kernels/{visitor.kernel}/channels?session_id=bom"
        about = HTTPRequest(url, headers={"Cookie": visitor.cookie, "Origin": server.address})
        line = await websocket_connect(about, subprotocols=[protocol] if protocol else None)
        assert line.selected_subprotocol == protocol
        await line.write_message(bomb(protocol), binary=True)
        start = time.monotonic()
        while await asyncio.wait_for(line.read_message(), 20) is not None:
            pass  # what a new line hears first
        assert (line.close_code, line.close_reason) == (1007, "onleesbaar bericht")
        await asyncio.to_thread(status, server, "/gezond")
        assert time.monotonic() - start < 5  # unpacked it takes half a minute and 3 GB
        await visitor.press("Log in")  # the page itself goes on
        await visitor.hear("Deze code klopt niet")
        await visitor.close()

    run(attack())


def test_messages_of_a_page_have_a_number_of_parts_that_can_be():
    assert visits.sound("{}", None) and not visits.sound("{}", V1)
    for protocol, order, size in ((None, "big", 4), (V1, "little", 8)):
        for count in (1, visits.PARTS):
            assert visits.sound(count.to_bytes(size, order), protocol)
        for count in (0, visits.PARTS + 1, 2 ** (8 * size) - 1):
            assert not visits.sound(count.to_bytes(size, order), protocol)
        assert not visits.sound(b"", protocol)


def test_a_body_that_is_too_large_is_not_waited_for(server):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(head)
        assert line.recv(100).startswith(b"HTTP/1.1 400")


def test_a_page_whose_kernel_dies_says_so(pages, server, codes):
    until_empty(server)
    one = pages()
    one.log_in(codes["Natuurclub"])
    (kernel,) = kernels(server)
    os.kill(kernel, signal.SIGKILL)
    one.page.get_by_text("De verbinding is weg").wait_for()
    until_empty(server)
    wrong = [words for words in one.wrong if "404" not in words]  # it tried to connect again
    one.wrong[:] = wrong


def test_who_logs_out_leaves_nothing_on_the_page(server, codes):
    async def leave():
        one = await Visitor(server.address).open()
        await one.log_in(codes["Wijkraad"])
        await one.set("Hoe geeft u ze", index=1)
        await one.set("Wat is geteld", value="papegaaiduiker")
        await one.set("Hoe geeft u ze", index=0)
        await one.press("Log uit")
        await one.hear("U bent uitgelogd")
        old, one.states = one.states, {}
        control = {"comm_id": "alles", "data": {}, "target_name": "jupyter.widget.control"}
        await one.send("comm_open", control, metadata={"version": "1.0.0"})
        await one.send("comm_msg", control | {"data": {"method": "request_states"}})
        await one.wait(lambda: one.widget("Log in"))
        assert "papegaaiduiker" not in str(one.states)
        labels = {state.get("description") for state in one.states.values()}
        assert not labels & {"Neem aan", "Stuur in", "Trek in", "Log uit", "Wat is geteld"}
        for ident in old:  # and what was there can no longer be pressed
            data = {"method": "custom", "content": {"event": "click"}}
            await one.send("comm_msg", {"comm_id": ident, "data": data})
        await one.press("Log in")
        await one.hear("Deze code klopt niet")
        assert "ging iets mis" not in one.words()
        await one.close()

    run(leave())


def test_an_error_of_the_program_keeps_what_was_filled_in(monkeypatch, capfd):
    message = parts.Message()
    rows = grid.Rows("telling", PILOT, message)
    rows._rows[0]["wat"].control.value = "boom"

    def breaks():
        raise RuntimeError("stuk")

    button = parts.button("Kijk na", breaks, message)
    button.click()
    assert "Wat u invulde, staat er nog" in message.box.value and "stuk" not in message.box.value
    assert not button.disabled and b"boom" in rows.content()


def test_many_visitors_at_once_lose_nothing(server):
    until_empty(server)
    seen = run(crowd(server, 5, 8, 1))
    kept = re.findall(r"^(B-\d+) .* van bezoeker\d+: wacht", server.command("inbox", "list"), re.M)
    assert len(seen["nummers"]) >= 5 and sorted(seen["nummers"]) == sorted(kept)


def test_a_kernel_is_held_to_its_memory(server):
    until_empty(server)
    room = []

    async def look():
        one = await Visitor(server.address).open()
        for kernel in kernels(server):
            status = Path(f"/proc/{kernel}/status").read_text()
            used = 1024 * int(re.search(r"VmData:\s+(\d+)", status)[1])
            most, _ = resource.prlimit(kernel, resource.RLIMIT_DATA)
            room.append(most - used)
        await one.close()

    run(look())
    assert len(room) == 1 and 10**9 < room[0] < 1_500_000_000  # a file of 10 MB needs some of it


def kernels(server) -> list[int]:
    """Return the processes of pages: those that are held to the memory of one page."""
    found = []
    for path in Path("/proc").iterdir():
        with suppress(OSError):  # it ended meanwhile, or is not ours
            ours = path.name.isdecimal() and (path / "cwd").readlink().is_relative_to(server.folder)
            if ours and re.search(r"Max data size +\d", (path / "limits").read_text()):
                found.append(int(path.name))
    return found


def test_another_host_asks_for_a_word_and_says_what_is_needed(tmp_path):
    done = command("serve", "--host", "0.0.0.0", root=tmp_path)
    assert done.returncode == 2 and "--naar-buiten" in done.stderr
    from wijkboek_utils.inbox import serving

    for word in ("HTTPS", "eigen gebruiker", "grenzen", "reservekopie", "privacyverklaring"):
        assert word in serving.OUTWARD


def test_the_command_gives_codes_and_keeps_the_inbox(tmp_path):
    root = project(tmp_path)
    told = command("inbox", "token", "Natuurclub", "--pilot", PILOT, root=root)
    code = told.stdout.split("\n\n")[1].strip()
    assert re.fullmatch(r"1\.[\w-]{43}", code)
    people = command("inbox", "people", root=root).stdout
    assert people.startswith(f"Natuurclub: bijdrager, {PILOT}, sinds ") and code not in people
    assert command("inbox", "backup", str(tmp_path / "kopie"), root=root).returncode == 0
    assert (tmp_path / "kopie").stat().st_mode & 0o077 == 0
    assert (root / "data/inbox/inbox.sqlite").stat().st_mode & 0o077 == 0
    assert "bestaat niet" not in command("inbox", "revoke", "Natuurclub", root=root).stderr
    assert "ingetrokken" in command("inbox", "log", root=root).stdout
    assert command("inbox", "token", "X1", "--pilot", "nergens", root=root).returncode == 2
    assert "Niets te wissen" in command("inbox", "clean", root=root).stdout
