"""`bench stories`: the labelled pairs, and how a likeness is judged by them."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bearometer_cli.bench import story_pairs
from bearometer_cli.bench.story_pairs import PAIRS, Pair, best_threshold, judged, labelled, newswire
from bearometer_cli.bench.story_rivals import exact, ours, textbook_minhash
from bearometer_shared.errors import UserError
from bearometer_shared.stories.similarity import SAME
from bearometer_shared.wire import News

DATA = Path(__file__).parents[3] / "shared" / "data"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def news(title: str, body: str = "") -> News:
    return News(id=title, published_at=NOON, received_at=NOON, title=title, body=body)


def pair(same: bool, likeness: str, set: str = "stocknet") -> Pair:
    return Pair(set, news("a"), news(likeness), same)


def test_labels_are_ids_and_hold_no_text() -> None:
    rows = list(csv.reader(PAIRS.read_text().splitlines()))
    assert rows[0] == ["set", "a", "b", "same"]
    assert len(rows) > 200
    for name, a, b, same in rows[1:]:
        assert name in story_pairs.SETS
        assert all(id.split("-")[0] in ("reuters", "tweet") and id.split("-")[1].isdigit() for id in (a, b))
        assert same in ("0", "1")


def test_precision_is_of_those_called_and_recall_of_those_that_are() -> None:
    pairs = [pair(True, "0.9"), pair(True, "0.2"), pair(False, "0.8"), pair(True, "0.9", "reuters1987")]
    found = judged(lambda a, b: float(b.title), 0.5, pairs)
    assert (found["precision"], found["recall"]) == (0.667, 0.667)
    assert (found["reuters1987_precision"], found["reuters1987_recall"]) == (1, 1)
    assert (found["stocknet_precision"], found["stocknet_recall"]) == (0.5, 0.5)


def test_the_best_threshold_parts_the_pairs() -> None:
    pairs = [pair(True, "0.9"), pair(True, "0.7"), pair(False, "0.6"), pair(False, "0.1")]
    assert 0.6 < best_threshold(lambda a, b: float(b.title), pairs) <= 0.7


def test_rivals_know_equal_texts() -> None:
    a, b, c = news("Corwen halts withdrawals"), news("CORWEN halts  withdrawals"), news("Valves are in demand")
    assert [rival(a, b) for rival in (exact, textbook_minhash, ours)] == [1, 1, 1]
    assert exact(a, c) == ours(a, c) == 0
    assert textbook_minhash(a, c) < 0.1
    assert exact(news("one title", "the same body"), news("another", "the same  body")) == 1


@pytest.mark.skipif(not all((DATA / file).exists() for file in story_pairs.SETS.values()), reason="no public sets here")
def test_copies_are_found_on_pairs_that_no_threshold_was_chosen_on() -> None:
    pairs = labelled(DATA)[1::2]
    found = judged(ours, SAME, pairs)
    assert found["precision"] >= 0.85
    assert found["recall"] >= 0.85
    assert judged(exact, 1.0, pairs)["f1"] < 0.6


@pytest.mark.parametrize("read", [labelled, lambda folder: newswire(folder, 1)])
def test_a_folder_without_the_sets_is_one_line_that_names_the_file(read: object, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"reuters1987.feb-jun\.jsonl\.gz"):
        read(tmp_path)  # type: ignore[operator]  # a function of either kind


def test_too_few_items_are_a_line_that_says_how_many_there_are(tmp_path: Path) -> None:
    path = tmp_path / story_pairs.SETS["reuters1987"]
    path.parent.mkdir()
    path.write_bytes(gzip.compress(b'{"id": "1", "title": "Corwen halts"}\n'))
    with pytest.raises(UserError, match="1 items; 2 are needed"):
        newswire(tmp_path, 2)
