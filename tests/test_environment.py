"""Every way to set up Wijkboek says the same: uv, pip, conda, Binder, Docker, JupyterLab."""

import json
import re
import shlex
import stat
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from wijkboek_utils import cli

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
PYTHON = (ROOT / ".python-version").read_text().strip()
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
PIP = next(part["pip"] for part in CONDA if isinstance(part, dict))
SETTINGS = ROOT / ".jupyter" / "labconfig" / "default_setting_overrides.json"


def spelled(requirement: str) -> str:
    """Return a requirement with its name as pip compares it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)[0]
    return re.sub(r"[-_.]+", "-", name).lower() + requirement[len(name) :]


def locked() -> dict[str, list[str]]:
    """Return the versions in the lock; several when they differ between Pythons."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([\w.-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.M
    ):
        found.setdefault(spelled(name), []).append(version)
    return found


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile: the word, and what follows on one line."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n\s*", "", text).split("\n")
    return [tuple(line.split(" ", 1)) for line in lines if line.strip()]


def said(word: str) -> list[str]:
    return [rest for first, rest in dockerfile() if first == word]


def in_context(path: str) -> bool:
    """Return whether .dockerignore lets a path through: the last line that matches decides."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").rstrip("/").removeprefix("**/")
        parts = Path(path).parts
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        names = parts if "**/" in line else ()
        if any(fnmatch(p, pattern) for p in (*above, *names)):
            kept = line.startswith("!")
    return kept


# Versions.


def test_conda_and_pyproject_ask_the_same():
    conda = {spelled(d) for d in CONDA if isinstance(d, str)} | {
        spelled(line) for line in PIP if not line.startswith("-")
    }
    assert conda - {"pip"} == {*ASKED, *EXTRAS["lab"], f"python={PYTHON}"}


def test_the_lock_has_a_version_that_each_requirement_allows():
    from packaging.requirements import Requirement

    versions = locked()
    for line in sum(EXTRAS.values(), ASKED):
        asked = Requirement(line)
        assert versions[spelled(asked.name)], line
        assert all(v in asked.specifier for v in versions[spelled(asked.name)]), line


def test_one_python_is_named_everywhere():
    from packaging.specifiers import SpecifierSet

    assert PYTHON in SpecifierSet(PROJECT["project"]["requires-python"])
    assert f"--python-version {PYTHON} " in (ROOT / "Makefile").read_text()
    assert {rest.split()[0] for rest in said("FROM")} == {f"python:{PYTHON}-slim-bookworm"}
    assert f"python={PYTHON}" in CONDA


def test_the_wheel_takes_every_package_and_file_along():
    ours = ROOT / "wijkboek_utils"
    kept = [p for p in ours.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    packages = {".".join(p.parent.relative_to(ROOT).parts) for p in kept if p.suffix == ".py"}
    assert packages == set(PROJECT["tool"]["setuptools"]["packages"])
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["wijkboek_utils"]
    packed = {found for pattern in patterns for found in ours.glob(pattern)}
    assert {p for p in kept if p.suffix not in (".py", ".pyc")} <= packed


# Conda and Binder.


def test_pip_understands_what_conda_hands_it(tmp_path):
    from pip._internal.network.session import PipSession
    from pip._internal.req.req_file import parse_requirements

    asked = tmp_path / "requirements.txt"  # conda and micromamba write this, and call pip on it
    asked.write_text("\n".join(PIP))
    found = list(parse_requirements(str(asked), session=PipSession()))
    assert [one.requirement for one in found if one.is_editable] == ["."]
    asked.write_text("--no-deps --editable .")  # what stood here before: pip refuses it
    with pytest.raises(Exception, match="no such option: --no-deps"):
        list(parse_requirements(str(asked), session=PipSession()))


def test_repo2docker_finds_what_it_looks_for():
    # It looks in binder/ or .binder/ alone when either is there, and needs one = for the Python.
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()
    found = [re.match(r"python\s*=+\s*([\d.]*)", d) for d in CONDA if isinstance(d, str)]
    assert [m[1] for m in found if m] == [PYTHON]
    assert "-e ." in PIP  # then it copies the project before it makes the environment


def test_the_script_after_the_build_runs(tmp_path):
    script = ROOT / "postBuild"
    assert script.stat().st_mode & stat.S_IXUSR
    calls = tmp_path / "calls"
    for name, body in {
        "python": f"echo {tmp_path}",
        "wijkboek": f'echo "wijkboek $@" >> {calls}',
    }.items():
        stub = tmp_path / "bin" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"#!/bin/sh\n{body}\n")
        stub.chmod(0o755)
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    subprocess.run([str(script)], cwd=ROOT, env={"PATH": path}, check=True)
    assert (tmp_path / "etc/jupyter/labconfig" / SETTINGS.name).read_text() == SETTINGS.read_text()
    (given,) = calls.read_text().splitlines()
    assert cli.parser().parse_args(shlex.split(given)[1:]).pilots == []


# JupyterLab in Dutch.


def test_jupyterlab_finds_our_settings_and_they_are_settings_it_has(monkeypatch):
    from jupyterlab.commands import get_app_dir
    from jupyterlab_server.settings_utils import _get_overrides
    from jupyterlab_server.translation_utils import get_language_packs, is_valid_locale

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(SETTINGS.parents[1]))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "/nergens")
    lab = Path(get_app_dir())
    found, error = _get_overrides(str(lab / "settings"))
    assert not error
    for plugin, values in json.loads(SETTINGS.read_text()).items():
        assert found[plugin].items() >= values.items()
        package, name = plugin.split(":")
        schema = json.loads((lab / "schemas" / package / f"{name}.json").read_text())
        assert set(values) <= set(schema["properties"]), plugin
    locale = found["@jupyterlab/translation-extension:plugin"]["locale"]
    assert is_valid_locale(locale)
    assert get_language_packs()[0][locale]["nativeName"].startswith("Nederlands")


def test_make_lab_points_jupyterlab_at_them():
    done = subprocess.run(
        ["make", "--dry-run", "lab"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert f"JUPYTER_CONFIG_PATH={SETTINGS.parents[1]} " in done.stdout


# Docker: it cannot be built where the tests run, so each line is held against what it names.


def test_the_image_copies_what_exists_and_nothing_that_is_private():
    copied = [shlex.split(rest) for rest in said("COPY") if not rest.startswith("--from")]
    for *sources, _ in copied:
        for source in sources:
            assert (ROOT / source).exists(), source
            assert in_context(source.rstrip("/")), source
    inside = ["data/raw/cbs-kwb/manifest.yml", "wijkboek_utils/tables/sleutels.csv"]
    assert all((ROOT / path).exists() and in_context(path) for path in inside)
    for path in (
        *(".git/config", ".venv/bin/python", "reports/x/index.html", "tests/conftest.py"),
        *("data/inbox/inbox.sqlite", "data/raw/lokaal/x/a.csv", "data/raw/opgehaald/x.json"),
        *("data/processed/x/grootboek.parquet", "wijkboek_utils/__pycache__/cli.pyc", ".env"),
    ):
        assert not in_context(path), path


def test_the_image_installs_by_the_lock_and_runs_as_nobody_in_particular():
    install = " ".join(said("RUN"))
    for words in ("--require-hashes", "--requirement pyproject.toml"):
        assert words in install
    assert "--constraint requirements.lock" in install and "--editable" not in install
    user = said("USER")[-1]
    assert f"useradd --create-home --uid 10001 {user}" in install
    words = [word for word, _ in dockerfile()]
    assert words.index("USER") < words.index("CMD") and not re.search(
        r"(?i)token|secret|password|passw", (ROOT / "Dockerfile").read_text()
    )


def test_the_image_starts_the_server_and_looks_whether_it_lives():
    from wijkboek_utils.inbox import server

    given = cli.parser().parse_args(json.loads(said("CMD")[-1])[1:])
    assert (given.host, given.naar_buiten) == ("0.0.0.0", True)
    assert said("EXPOSE") == [str(given.port)]
    (health,) = said("HEALTHCHECK")
    checked = json.loads(health.split("CMD ")[1])
    compile(checked[-1], "healthcheck", "exec")
    assert f"http://127.0.0.1:{given.port}/gezond" in checked[-1]
    assert 'r"/gezond"' in Path(server.__file__).read_text()


def test_what_the_server_writes_is_a_volume_of_its_own():
    from wijkboek_utils import folders
    from wijkboek_utils.inbox import database

    root = re.search(r"WIJKBOEK_ROOT=(\S+)", " ".join(said("ENV")))[1]
    volumes = set(json.loads(said("VOLUME")[0]))
    written = [database.FOLDER, folders.PROCESSED, folders.REPORTS, folders.RAW / "lokaal"]
    assert {f"{root}/{p.relative_to(folders.ROOT)}" for p in written} <= volumes
    made = " ".join(said("RUN"))
    assert all(v.removeprefix(f"{root}/") in made for v in volumes)
    order = [word for word, _ in dockerfile()]
    assert order.index("USER") < order.index("VOLUME") and said("WORKDIR")[-1] == root
