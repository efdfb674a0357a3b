"""The code and commands in our documents, as blocks to run in the order of their page."""

import ast
import contextlib
import io
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt

BIN = Path(sys.executable).parent
_MARKS = {"bestand", "uitvoer", "project", "netwerk", "alleen lezen"}
_MARKS |= {"in een pilot", "elk in een pilot"}
_WITH = {"bestand", "project"}  # what they are about


class Block(NamedTuple):
    """A fenced block: where it stands, its language and text, and what the comment above says."""

    page: str
    line: int
    language: str
    text: str
    mark: str = ""
    about: str = ""

    @property
    def where(self) -> str:
        """Return the page and the line."""
        return f"{self.page}:{self.line}"


def blocks(path: Path, page: str) -> list[Block]:
    """Return the blocks of a page. An unknown comment, or a block without a fence, is an error."""
    found, mark = [], ("", "")
    for token in MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8")):
        line = token.map[0] + 1 if token.map else 0
        assert token.type != "code_block", f"{page}:{line}: zet code tussen ``` met een taal"
        if token.type == "html_block" and "<!-- test" in token.content:
            mark = _mark(token.content.strip(), f"{page}:{line}")
            if len(token.content.strip().splitlines()) > 1:
                raise AssertionError(f"{page}:{line}: zet niets onder een regel «test»")
        elif token.type == "fence":
            text, language = token.content, token.info.strip()
            if not language.startswith("{"):  # a directive of the website
                found.append(Block(page, line, language, text, *mark))
            mark = ("", "")
    assert mark == ("", ""), f"{page}: na de laatste regel «test» komt geen blok"
    return found


def _mark(text: str, where: str) -> tuple[str, str]:
    for name in sorted(_MARKS, key=len, reverse=True):
        hit = re.fullmatch(rf"<!-- test: {name}(?: (\S+))? -->", text)
        if hit and bool(hit[1]) == (name in _WITH):
            return name, hit[1] or ""
    raise AssertionError(f"{where}: {text} is geen regel die de test kent")


def commands(text: str) -> list[str]:
    """Return the commands of a block of shell, without comments; a here-document stays whole."""
    found: list[str] = []
    end = ""
    for line in text.splitlines():
        if end:
            found[-1] += "\n" + line
            end = "" if line == end else end
            continue
        line = re.sub(r"(^|\s+)# .*$", "", line) if "<<" not in line else line
        if line.strip():
            found.append(line.strip())
        if here := re.search(r"<<'(\w+)'$", line):
            end = here[1]
    return found


def plain(command: str) -> str:
    """Return a command without the place of the environment: what a user does with it."""
    return command.replace(".venv/bin/", "")


@dataclass
class Project:
    """A project to try documents in; `ran` holds the output of each command, run once."""

    root: Path
    code: Path
    server: str = ""
    ran: dict[str, str] = field(default_factory=dict)
    names: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment in which a user of this project works."""
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        more = {"WIJKBOEK_ROOT": str(self.root), "PYTHONPATH": str(self.code), "PATH": path}
        return {**os.environ, **more}

    def shell(self, command: str, where: str) -> str:
        """Run a command as a user does, once, and return what it said; it must end well."""
        key = plain(command)
        if key not in self.ran or key.startswith("wijkboek render"):  # which knows what is done
            done = subprocess.run(
                ["bash", "-ec", key],
                cwd=self.root,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            assert done.returncode == 0, f"{where}: {command}\n{done.stdout}\n{done.stderr}"
            self.ran[key] = done.stdout + done.stderr
        return self.ran[key]

    def python(self, block: Block) -> str:
        """Run Python that follows the other Python of its page, and return what it printed."""
        code = compile(block.text, block.where, "exec")
        said, before = io.StringIO(), Path.cwd()
        try:
            os.chdir(self.root)
            with contextlib.redirect_stdout(said):
                exec(code, self.names.setdefault(block.page, {"__name__": "__main__"}))
        except Exception as error:
            raise AssertionError(f"{block.where}\n{traceback.format_exc()}") from error
        finally:
            os.chdir(before)
        return said.getvalue()

    def python_apart(self, block: Block, earlier: list[str]) -> str:
        """Run Python in a process of its own, with this code, after the rest of its page."""
        quiet = [
            f"with contextlib.redirect_stdout(io.StringIO()):\n    exec({t!r})" for t in earlier
        ]
        script = "\n".join(["import contextlib, io", *quiet, block.text])
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block.where}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def write(self, block: Block) -> None:
        """Save a block as the file that its comment names."""
        path = self.root / block.about
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def serve(self, command: str, address: str, where: str) -> None:
        """Start a server on a port of its own, ask it for a page, and stop it; once."""
        if command in self.ran:
            return
        self.ran[command] = ""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        said = re.search(r":(\d+)/", address)
        assert said, f"{where}: {address} noemt geen poort"
        words = [w for w in shlex.split(plain(command)) if w != said[1]]
        words += [] if words[-1] == "--port" else ["--port"]
        process = subprocess.Popen(
            [str(BIN / words[0]), *words[1:], port],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            status = _asked(address.replace(said[1], port), process, where)
            assert status < 500, f"{where}: {address} antwoordt {status}"
        finally:
            process.terminate()
            process.wait(30)


def _asked(address: str, process: subprocess.Popen[str], where: str) -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, f"{where}: de server stopte\n{process.communicate()[0]}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{where}: {address} gaf geen antwoord")


def read_only(block: Block) -> None:
    """Check how a block is written, where it cannot run."""
    if block.language == "python":
        ast.parse(block.text)
    elif block.language == "sh":
        done = subprocess.run(["bash", "-n"], input=block.text, text=True, check=False)
        assert done.returncode == 0, block.where
    else:
        assert block.language == "yaml" and yaml.safe_load(block.text), block.where
