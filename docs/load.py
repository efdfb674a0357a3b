"""Twenty visitors contribute at once, over real lines, and nothing that was acknowledged is lost.

Run with `make belasting`. Starts `wijkboek serve` in a folder of its own and lets visitors open the
page, log in, send a file, look it over and send it in, again and again. A visitor here speaks the
protocol of the widgets, as the page in a browser does.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_binary_message,
    serialize_binary_message,
)
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from wijkboek_utils.inbox import buurten, database, tokens

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [str(Path(sys.executable).with_name("wijkboek"))]
ABOUT = """\
# bijdrager: Natuurclub
# datum: 2026-05-31
# methode: Met twee mensen geteld
# licentie: CC0
# toestemming: niet nodig: geen gegevens over mensen
# bewaren_tot: 2031-12-31
"""
_CONFIG = re.compile(r'id="jupyter-config-data" type="application/json">(.*?)</script>', re.S)


class Visitor:
    """One page that somebody has open, without the browser around it."""

    def __init__(self, address: str) -> None:
        """Take the address of the server."""
        self.address, self.host = address, address.split("//")[1].rstrip("/")
        self.states: dict[str, dict[str, Any]] = {}
        self.session, self.cookie, self.kernel = uuid.uuid4().hex, "", ""
        self.changed = asyncio.Event()
        self.line: Any = None

    async def open(self) -> "Visitor":
        """Open the page and connect; the widgets are there when this returns."""
        request = HTTPRequest(f"{self.address}/", request_timeout=120)
        page = await AsyncHTTPClient().fetch(request)
        self.cookie = page.headers["Set-Cookie"].split(";")[0]
        config = _CONFIG.search(page.body.decode())
        assert config, page.body.decode()[-500:]
        self.kernel = json.loads(config[1])["kernelId"]
        await self.connect()
        control = uuid.uuid4().hex
        about = {"comm_id": control, "data": {}}
        target = {"target_name": "jupyter.widget.control"}
        await self.send("comm_open", about | target, metadata={"version": "1.0.0"})
        about["data"] = {"method": "request_states"}
        await self.send("comm_msg", about)
        await self.wait(lambda: self.states)
        return self

    async def connect(self, **headers: str) -> None:
        """Connect to the kernel of the page; `headers` replace those of a browser."""
        about = {"Cookie": self.cookie, "Origin": self.address, **headers}
        url = f"ws://{self.host}/api/kernels/{self.kernel}/channels?session_id={self.session}"
        self.line = await websocket_connect(HTTPRequest(url, headers=about))
        self.listening = asyncio.ensure_future(self._listen())

    async def send(
        self, kind: str, content: dict, channel: str = "shell", buffers: Any = (), **more: Any
    ) -> str:
        """Send a message to the kernel and return its id."""
        ident = uuid.uuid4().hex
        header = {"msg_id": ident, "msg_type": kind, "session": self.session, "version": "5.4"}
        header |= {"username": "", "date": "2026-01-01T00:00:00Z"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        message |= {"channel": channel, **more}
        if buffers:
            whole = serialize_binary_message(message | {"buffers": list(buffers)})
            await self.line.write_message(whole, binary=True)
        else:
            await self.line.write_message(json.dumps(message))
        return ident

    async def _listen(self) -> None:
        while (text := await self.line.read_message()) is not None:
            binary = isinstance(text, bytes)
            message = deserialize_binary_message(text) if binary else json.loads(text)
            self.take(message)
            self.changed.set()

    def take(self, message: dict) -> None:
        """Keep what a message of the kernel says of a widget."""
        content = message["content"]
        kind = message["header"]["msg_type"]
        if kind not in ("comm_open", "comm_msg"):
            return
        data = content["data"]
        if "states" in data:
            self.states |= {key: one["state"] for key, one in data["states"].items()}
        elif "state" in data and data.get("method") != "echo_update":
            self.states.setdefault(content["comm_id"], {}).update(data["state"])

    async def wait(self, found: Callable[[], Any], seconds: float = 60) -> Any:
        """Return what `found` gives as soon as it gives something."""
        until = time.monotonic() + seconds
        while not (result := found()):
            self.changed.clear()
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError(self.words()[-300:])
            await asyncio.wait_for(self.changed.wait(), max(left, 0.01))
        return result

    def widget(self, description: str) -> str:
        """Return the newest widget with this label."""
        found = [k for k, s in self.states.items() if s.get("description") == description]
        return found[-1] if found else ""

    def words(self) -> str:
        """Return everything that the page says."""
        texts = [s["value"] for s in self.states.values() if s.get("_model_name") == "HTMLModel"]
        return " ".join(texts)

    async def set(self, description: str, buffers: Any = (), paths: Any = (), **state: Any) -> None:
        """Change a widget as a visitor does."""
        ident = await self.wait(lambda: self.widget(description))
        data = {"method": "update", "state": state, "buffer_paths": list(paths)}
        await self.send("comm_msg", {"comm_id": ident, "data": data}, buffers=buffers)

    async def press(self, description: str) -> None:
        """Press a button."""
        ident = await self.wait(lambda: self.widget(description))
        data = {"method": "custom", "content": {"event": "click"}}
        await self.send("comm_msg", {"comm_id": ident, "data": data})

    async def hear(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Return what the page says as soon as it matches."""
        found: re.Match[str] = await self.wait(lambda: re.search(pattern, self.words()), seconds)
        return found

    async def log_in(self, code: str) -> None:
        """Log in."""
        await self.set("Uw code", value=code)
        await self.press("Log in")
        await self.hear("U bent ingelogd als")

    async def upload(self, name: str, content: bytes) -> None:
        """Choose a file."""
        await self.wait(lambda: self.widget("Kies een bestand"))
        about = {"name": name, "type": "text/csv", "size": len(content), "last_modified": 0}
        paths = [["value", 0, "content"]]
        await self.set("Kies een bestand", [content], paths, value=[about])

    async def close(self) -> None:
        """Leave, and say so, as a page does that is closed."""
        url = f"{self.address}/voila/api/shutdown/{self.kernel}"
        about = {"Cookie": self.cookie}
        request = HTTPRequest(url, method="POST", body="", headers=about)
        await AsyncHTTPClient().fetch(request, raise_error=False)
        self.line.close()


def telling(wat: str, buurt: str) -> bytes:
    """Return a file to send in."""
    rows = f"wat;aantal;telt;buurt\n{wat};3;planten en dieren;{buurt}\n"
    return (ABOUT + rows).encode()


async def visit(
    address: str, code: str, buurt: str, name: str, until: float, pause: float
) -> dict[str, list]:
    """Contribute until the time is over; return receipts and how long each step took."""
    seen: dict[str, list] = {"nummers": [], "openen": [], "nakijken": [], "insturen": []}

    async def timed(step: str, work: Any) -> Any:
        start = time.monotonic()
        result = await work
        seen[step].append(time.monotonic() - start)
        return result

    visitor = await timed("openen", Visitor(address).open())
    await visitor.log_in(code)
    turn = 0
    while time.monotonic() < until:
        turn += 1
        await visitor.upload(f"{name}-{turn}.csv", telling(f"boom {name} {turn}", buurt))
        await visitor.hear(rf"Gekozen: {name}-{turn}.csv")
        await asyncio.sleep(pause / 2)
        await visitor.press("Kijk na")
        await timed("nakijken", visitor.hear("Er zijn geen fouten"))
        await asyncio.sleep(pause / 2)
        await visitor.press("Stuur in")
        found = await timed("insturen", visitor.hear(r"ontvangen en heeft nummer (B-\d+)"))
        seen["nummers"].append(found[1])
    await visitor.close()
    return seen


class Server:
    """`wijkboek serve` in a folder of its own, with a code for everybody."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        """Prepare the folder; the server starts in the context."""
        self.folder, self.port, self.options = folder, port, options
        self.address = f"http://127.0.0.1:{port}"
        self.environment = {**os.environ, "WIJKBOEK_ROOT": str(folder)}
        self.said = folder / "server.log"

    def command(self, *arguments: str) -> str:
        """Run the command in this folder and return what it says."""
        done = subprocess.run(
            [*COMMAND, *arguments], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def code(self, name: str, role: str = "bijdrager") -> str:
        """Give somebody a code."""
        with database.connection(self.folder / "data" / "inbox" / "inbox.sqlite") as base:
            return tokens.give(base, name, role)

    def __enter__(self) -> "Server":
        """Start, and wait until visitors can come."""
        words = [*COMMAND, "serve", "--port", str(self.port), *self.options]
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                words, env=self.environment, stdout=said, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + 90
        while "Open http" not in self.said.read_text():
            assert self.process.poll() is None and time.monotonic() < until, self.said.read_text()
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, with everything it started."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


async def crowd(server: Server, visitors: int, seconds: float, pause: float) -> dict[str, list]:
    """Let many visit at once; return what all of them saw."""
    buurt = buurten.named("utrecht-kanaleneiland")["buurt"].iloc[0]
    codes = {f"bezoeker{n}": server.code(f"bezoeker{n}") for n in range(visitors)}
    AsyncHTTPClient.configure(None, max_clients=100)
    until = time.monotonic() + seconds
    visits = [
        visit(server.address, code, buurt, name, until, pause) for name, code in codes.items()
    ]
    seen = await asyncio.gather(*visits)
    return {key: [one for each in seen for one in each[key]] for key in seen[0]}


def main() -> None:
    """Measure, and say what came out."""
    options = argparse.ArgumentParser()
    options.add_argument("--visitors", type=int, default=20)
    options.add_argument("--seconds", type=float, default=120)
    options.add_argument("--pause", type=float, default=8)
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wijkboek-belasting-"))
    for part in ("notebooks", "pilots", "data/raw"):
        ignored = shutil.ignore_patterns("opgehaald")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    with Server(folder, 8899) as server:
        seen = asyncio.run(crowd(server, chosen.visitors, chosen.seconds, chosen.pause))
        kept = re.findall(r"^(B-\d+) .*wacht", server.command("inbox", "list"), re.M)
        said = server.said.read_text().splitlines()[2:]
    print(f"{chosen.visitors} bezoekers, {chosen.seconds:.0f} s, {len(seen['nummers'])} ingestuurd")
    for step in ("openen", "nakijken", "insturen"):
        took = sorted(seen[step])
        worst = took[int(len(took) * 0.95)]
        print(f"{step}: mediaan {statistics.median(took):.2f} s, 95 % binnen {worst:.2f} s")
    print(f"kwijt: {len(set(seen['nummers']) - set(kept))}; in de wachtkamer: {len(kept)}")
    print("meldingen van de server:", said or "geen")
    assert sorted(seen["nummers"]) == sorted(kept)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
