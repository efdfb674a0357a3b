"""A store that computers share: sent once, whole or not at all, proven when fetched."""

import json
import os

import pytest

from wijkboek_utils.depot import Depot
from wijkboek_utils.errors import Fout


@pytest.fixture
def root(tmp_path):
    """Return a project with two files, one of which stands there twice."""
    place = tmp_path / "hier"
    for name, text in {"a.txt": "een", "map/b.txt": "twee", "map/c.txt": "een"}.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
        os.utime(place / name, ns=(10**18, 10**18 + 5))
    return place


@pytest.fixture(params=["folder", "memory"])
def depot(request, tmp_path):
    """Return a store in a folder, and one of objects."""
    where = tmp_path / "depot" if request.param == "folder" else f"memory://{tmp_path.name}"
    return Depot(str(where))


def sent(depot, root):
    depot.send(root, sorted(p for p in root.rglob("*") if p.is_file()), "stand")


def test_what_is_sent_comes_back_with_its_times(depot, root, tmp_path):
    assert not depot.has("stand")
    sent(depot, root)
    assert depot.has("stand")
    there = tmp_path / "daar"
    assert depot.fetch(there, "stand") == ["a.txt", "map/b.txt", "map/c.txt"]
    for path in ("a.txt", "map/b.txt", "map/c.txt"):
        assert (there / path).read_bytes() == (root / path).read_bytes()
        assert (there / path).stat().st_mtime_ns == 10**18 + 5
    assert sorted(p.name for p in there.rglob("*")) == ["a.txt", "b.txt", "c.txt", "map"]


def test_a_file_is_sent_once_and_fetched_once(depot, root, tmp_path, monkeypatch):
    sent(depot, root)
    wrote, read = [], []
    monkeypatch.setattr(depot, "_write", lambda path, content: wrote.append(path))
    sent(depot, root)
    assert [path.rpartition("/")[2] for path in wrote] == ["stand.json"]
    depot.fetch(tmp_path / "daar", "stand")
    real = depot._files.cat_file
    monkeypatch.setattr(depot._files, "cat_file", lambda path: read.append(path) or real(path))
    depot.fetch(tmp_path / "daar", "stand")
    assert [path.rpartition("/")[2] for path in read] == ["stand.json"]


def test_a_damaged_file_is_refused_and_leaves_nothing_half(depot, root, tmp_path):
    sent(depot, root)
    digest = json.loads(depot._files.cat_file(depot._list("stand")))["a.txt"][0]
    depot._files.pipe_file(depot._object(digest), b"iets anders")
    with pytest.raises(Fout, match=r"a\.txt beschadigd"):
        depot.fetch(tmp_path / "daar", "stand")
    assert not (tmp_path / "daar" / "a.txt").exists()


def test_a_list_cannot_write_outside_the_folder(depot, root, tmp_path):
    sent(depot, root)
    text = depot._files.cat_file(depot._list("stand")).decode()
    depot._files.pipe_file(depot._list("stand"), text.replace("a.txt", "../uit.txt").encode())
    with pytest.raises(Fout, match="buiten de map"):
        depot.fetch(tmp_path / "daar", "stand")
    assert not (tmp_path / "uit.txt").exists()


def test_folders_are_replaced_as_a_whole(depot, root, tmp_path):
    sent(depot, root)
    there = tmp_path / "daar"
    (there / "map").mkdir(parents=True)
    (there / "map" / "oud.txt").write_text("van vroeger")
    (there / "blijft.txt").write_text("van iemand anders")
    depot.replace(there, "stand", ["map"])
    assert sorted(p.name for p in there.rglob("*") if p.is_file()) == [
        "b.txt",
        "blijft.txt",
        "c.txt",
    ]


def test_an_address_that_nothing_opens_is_an_error_in_words():
    with pytest.raises(Fout, match="Opslag bestaatniet://x is niet te openen"):
        Depot("bestaatniet://x")
