"""A store that computers share: packs that are there whole or not at all, proven when fetched."""

import json
import os
import zipfile

import pytest
from fsspec import register_implementation
from fsspec.implementations.memory import MemoryFileSystem

from wijkboek_utils.depot import Depot, _unpack
from wijkboek_utils.errors import Fout

FILES = {"a.txt": "een", "map/b.txt": "twee", "map/c.parquet": "een"}


@pytest.fixture
def root(tmp_path):
    """Return a project with three files."""
    place = tmp_path / "hier"
    for name, text in FILES.items():
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


def files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_folders_come_back_as_they_were_sent(depot, root, tmp_path):
    assert not depot.has("stand")
    sent(depot, root)
    assert depot.has("stand") and files(root) == {*FILES}
    there = tmp_path / "daar"
    depot.fetch(there, "stand", ["map"])
    assert files(there) == {"map/b.txt", "map/c.parquet"}
    for name in files(there):
        assert (there / name).read_bytes() == (root / name).read_bytes()
        assert (there / name).stat().st_mtime_ns == 10**18 + 5
    assert [one.name for one in there.iterdir()] == ["map"]  # nothing of the way they came


def test_folders_are_replaced_as_a_whole(depot, root, tmp_path):
    sent(depot, root)
    there = tmp_path / "daar"
    for name in ("map/oud.txt", "weg/oud.txt", "blijft.txt"):
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_text("van vroeger")
    depot.fetch(there, "stand", ["map", "weg"])
    assert files(there) == {"blijft.txt", "map/b.txt", "map/c.parquet"}


def test_a_pack_takes_one_question_however_many_files_it_has(depot, root, monkeypatch):
    asked = []
    for name in ("exists", "put_file", "get_file", "pipe_file", "cat_file", "find", "ls"):
        real = getattr(depot._files, name)
        monkeypatch.setattr(
            depot._files, name, lambda *a, _n=name, _r=real, **k: asked.append(_n) or _r(*a, **k)
        )
    sent(depot, root)
    depot.fetch(root.parent / "daar", "stand", ["map"])
    assert [one for one in asked if one != "put_file"] == ["get_file"]
    assert asked.count("put_file") <= 1  # a folder needs none


def test_a_pack_of_the_same_name_takes_the_place_of_the_old_one(depot, root, tmp_path):
    sent(depot, root)
    (root / "map" / "b.txt").write_text("drie")
    sent(depot, root)
    depot.fetch(tmp_path / "daar", "stand", ["map"])
    assert (tmp_path / "daar" / "map" / "b.txt").read_text() == "drie"


def test_what_is_dropped_is_gone_and_may_be_dropped_again(depot, root):
    sent(depot, root)
    depot.drop("stand")
    assert not depot.has("stand")
    depot.drop("stand")


def test_a_pack_that_is_not_there_is_an_error_of_the_store(depot, root):
    with pytest.raises(OSError):
        depot.fetch(root, "anders", ["map"])
    assert files(root) == {*FILES}


@pytest.mark.parametrize("harm", ["half", "omgezet", "geen pak"])
def test_a_damaged_pack_is_refused_and_leaves_what_was_there(depot, root, tmp_path, harm):
    sent(depot, root)
    place = depot._place("stand")
    whole = depot._files.cat_file(place)
    at = whole.index(b"een")  # as it stands in the pack: it is not made smaller
    bad = {
        "half": whole[: len(whole) // 2],
        "omgezet": whole[:at] + b"EEN" + whole[at + 3 :],
        "geen pak": b"iets anders",
    }
    depot._files.pipe_file(place, bad[harm])
    there = tmp_path / "daar"
    (there / "map").mkdir(parents=True)
    (there / "map" / "oud.txt").write_text("van vroeger")
    with pytest.raises(Fout, match="beschadigd"):
        depot.fetch(there, "stand", ["map"])
    assert files(there) == {"map/oud.txt"}


@pytest.mark.parametrize(("name", "words"), [("../uit.txt", "buiten de map"), ("a", "beschadigd")])
def test_a_pack_of_somebody_else_writes_nothing_outside_the_folder(tmp_path, name, words):
    with zipfile.ZipFile(tmp_path / "pak", "w") as pack:
        pack.writestr(name, "kwaad")
        pack.writestr("lijst.json", json.dumps({name: ["geen controlesom", 0]}))
    with pytest.raises(Fout, match=words):
        _unpack(tmp_path / "pak", tmp_path / "daar")
    assert files(tmp_path) == {"pak"}


class Refusing(MemoryFileSystem):
    """A store whose library has errors of its own, as that of S3."""

    protocol = "weigert"

    def _refuse(self, *_, **__):
        raise RuntimeError("Unable to locate credentials")

    exists = put_file = get_file = rm_file = _refuse


def test_an_error_of_any_library_is_one_of_the_store_and_says_which(root):
    register_implementation("weigert", Refusing, clobber=True)
    depot = Depot("weigert://werk")
    for ask in (
        lambda: depot.has("stand"),
        lambda: sent(depot, root),
        lambda: depot.fetch(root, "stand", ["map"]),
    ):
        with pytest.raises(OSError) as error:
            ask()
        assert error.value.filename == "weigert://werk"
        assert error.value.strerror == "Unable to locate credentials"
    depot.drop("stand")  # what may not be taken away, stays
    assert files(root) == {*FILES}


def test_an_address_that_nothing_opens_is_an_error_in_words():
    with pytest.raises(Fout, match="Opslag bestaatniet://x is niet te openen"):
        Depot("bestaatniet://x")
