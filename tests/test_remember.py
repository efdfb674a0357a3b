"""What is remembered is what would be computed again, and is forgotten when files change."""

import os

import pandas as pd
import pytest

from wijkboek_utils import files, remember, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.files import Once
from wijkboek_utils.remember import remembered

LONG_AGO = 1_700_000_000


def written(path, text: str, when: int = LONG_AGO):
    path.write_text(text)
    os.utime(path, (when, when))
    return path


def counted():
    """Return a reader of files and the list of what it read."""
    seen = []

    def read(path):
        seen.append(path.name)
        return path.read_text()

    return read, seen


@pytest.mark.parametrize("guarded", [False, True])
def test_a_file_is_read_once_while_it_lies_there_unchanged(tmp_path, guarded):
    read, seen = counted()
    once, path = Once(read, guarded=guarded), written(tmp_path / "a", "een")
    assert [once(path), once(path)] == ["een", "een"] and len(seen) == 1
    written(path, "twee")  # another size
    assert once(path) == "twee"
    written(path, "drie", LONG_AGO + 1)  # another time
    assert once(path) == "drie" and len(seen) == 3
    written(tmp_path / "b", "vier", LONG_AGO + 1).replace(path)  # another file in its place
    assert once(path) == "vier"
    once.cache_clear()
    assert once(path) == "vier" and len(seen) == 5


def test_a_file_that_is_gone_is_gone(tmp_path):
    once, path = Once(counted()[0]), written(tmp_path / "a", "een")
    assert once(path) == "een"
    path.unlink()
    with pytest.raises(FileNotFoundError):
        once(path)


def test_a_file_of_this_very_moment_is_read_again_where_others_write(tmp_path):
    read, seen = counted()
    once, path = Once(read, guarded=True), tmp_path / "a"
    for text in ("een", "elf"):  # as long, and perhaps within one tick of the clock
        path.write_text(text)
        assert once(path) == text
    assert len(seen) == 2


def test_no_more_files_are_kept_than_agreed(tmp_path):
    read, seen = counted()
    once = Once(read, most=2)
    paths = [written(tmp_path / name, name) for name in "abc"]
    for path in (*paths, paths[2], paths[1], paths[0]):
        assert once(path) == path.name
    assert seen == ["a", "b", "c", "a"]


def a_table() -> pd.DataFrame:
    table = pd.DataFrame(
        {"code": ["0.1", None], "n": [1, 2], "x": [1.5, None], "ja": [True, False], "leeg": None}
    )
    table["soort"] = pd.Categorical(["a", None])
    return table.assign(jaar=pd.array([2023, None], dtype="Int64"))


@pytest.mark.parametrize("times", [1, 1000])
def test_a_table_reads_as_pandas_reads_it(tmp_path, times):
    table = pd.concat([a_table()] * times, ignore_index=True)
    table.to_parquet(tmp_path / "t.parquet", index=False)
    found = files.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(found, pd.read_parquet(tmp_path / "t.parquet"))


def test_a_word_of_a_large_table_is_one_object(tmp_path):
    codes = [f"BU9901{n % 7:04d}" for n in range(5000)]
    pd.DataFrame({"buurt": codes}).to_parquet(tmp_path / "t.parquet", index=False)
    found = files.read_parquet(tmp_path / "t.parquet")["buurt"]
    assert found.tolist() == codes and len({id(code) for code in found.tolist()}) == 7


def test_a_processed_table_is_read_once_and_what_one_changes_no_other_sees(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PROCESSED", tmp_path)
    sources.write_table("p", "t", pd.DataFrame({"x": [1, 2]}))
    first = sources.read_table("p", "t")
    monkeypatch.setattr(sources.table_at, "_make", None)  # reading again would fail
    first.loc[0, "x"] = 9
    first["y"] = 0
    first.index.name = "rij"
    second = sources.read_table("p", "t")
    assert second["x"].tolist() == [1, 2] and list(second) == ["x"] and second.index.name is None


def test_a_table_that_is_written_again_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PROCESSED", tmp_path)
    for value in range(20):  # files of one size, some within one tick of the clock
        sources.write_table("p", "t", pd.DataFrame({"x": [value]}))
        assert sources.read_table("p", "t")["x"].tolist() == [value]


def test_a_checksum_is_made_once_and_again_when_the_file_changes(tmp_path, monkeypatch):
    path = written(tmp_path / "bron.csv", "a,b")
    known = sources.source("kwb-2023")
    facts = {**vars(known), "path": path, "sha256": files.sha256(path)}
    one = sources.Source(**facts)
    assert sources.proven(one) == path
    monkeypatch.setattr(sources._sums, "_make", None)
    assert sources.proven(one) == path
    with pytest.raises(Fout, match="veranderd"):
        sources.proven(sources.Source(**{**facts, "sha256": "0" * 64}))
    monkeypatch.undo()
    written(path, "a;b", LONG_AGO + 1)
    with pytest.raises(Fout, match="veranderd"):
        sources.proven(one)
    path.unlink()
    with pytest.raises(Fout, match="niet te lezen"):
        sources.proven(one)


def test_an_answer_is_remembered_until_other_raw_files_count(monkeypatch):
    asked = []

    @remembered(most=2)
    def answer(name: str) -> pd.DataFrame:
        asked.append(name)
        return pd.DataFrame({"naam": [name]})

    monkeypatch.delenv(sources.AS_OF, raising=False)
    first = answer("a")
    first["extra"] = 1
    assert list(answer("a")) == ["naam"] and asked == ["a"]
    monkeypatch.setenv(sources.AS_OF, "2026-01-01")
    answer("a")
    monkeypatch.delenv(sources.AS_OF)
    answer("a")
    assert asked == ["a"] * 3
    sources.catalogue.cache_clear()
    answer("a")
    assert asked == ["a"] * 4
    for name in ("b", "c", "a"):
        answer(name)
    assert asked[4:] == ["b", "c", "a"]
    remember.forget()
    answer("a")
    answer.cache_clear()
    answer("a")
    assert asked[7:] == ["a", "a"]


def test_what_cannot_be_answered_is_asked_again():
    asked = []

    @remembered()
    def answer() -> str:
        asked.append(1)
        raise Fout("niet")

    for _ in range(2):
        with pytest.raises(Fout):
            answer()
    assert len(asked) == 2


def test_of_several_tables_each_is_a_copy():
    @remembered()
    def answer() -> tuple[pd.DataFrame, int]:
        return pd.DataFrame({"x": [1]}), 2

    first, _ = answer()
    first["y"] = 1
    table, number = answer()
    assert list(table) == ["x"] and number == 2
