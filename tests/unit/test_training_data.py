"""Labelled rows: what is read, what is refused and where, how rows are split and batched."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from bearometer_cli.demo import SAMPLE
from bearometer_shared.errors import UserError
from bearometer_training import data
from bearometer_training.data import Row


def test_a_row_may_carry_either_label_and_either_name_of_the_text() -> None:
    assert data.parse('{"title":"A","sentiment":"negative"}', "f:1") == Row("A", "negative", None)
    assert data.parse('{"text":"B","topic":"Earnings"}', "f:1") == Row("B", None, "Earnings")


def test_a_row_may_name_entities_with_a_sentiment_each() -> None:
    row = data.parse('{"text":"A beats B","entities":{"A":"positive","B":"negative"}}', "f:1")
    assert row.entities == (("A", "positive"), ("B", "negative"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("no json", "not a label row"),
        ("[1]", "not a label row"),
        ('{"sentiment":"negative"}', "not a label row"),
        ('{"text":7}', "not a label row"),
        (b'{"text":"\xff"}', "not a label row"),
        ('{"text":"A","sentiment":"awful"}', "unknown sentiment 'awful'"),
        ('{"text":"A","topic":"Cats"}', "unknown topic 'Cats'"),
        ('{"text":"A","topic":["Earnings"]}', "unknown topic"),
        ('{"text":"A","entities":["B"]}', "not a label row"),
        ('{"text":"A","entities":{"B":"fine"}}', "unknown sentiment 'fine'"),
    ],
)
def test_a_bad_row_is_named_with_its_place_and_reason(line: str | bytes, reason: str) -> None:
    with pytest.raises(UserError, match=rf"^f\.jsonl:7: {reason}"):
        data.parse(line, "f.jsonl:7")


def test_a_line_separator_inside_a_text_does_not_cut_the_row(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text":"one\u2028two","sentiment":"neutral"}\n\n{"text":"three","sentiment":"neutral"}\n')
    assert [row.text for row in data.read(file)] == ["one two", "three"]


def test_line_numbers_count_empty_lines(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text":"one"}\n\nbad\n')
    with pytest.raises(UserError, match=r"rows\.jsonl:3: "):
        data.read(file)


def test_a_lone_surrogate_does_not_reach_the_tokenizer() -> None:
    assert data.parse('{"text":"A\\ud800B"}', "f:1").text.isascii()


def test_a_missing_file_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        data.read(tmp_path / "none.jsonl")


def test_equal_texts_fall_on_the_same_side_of_a_split() -> None:
    rows = [Row(f"text {n}", "neutral") for n in range(500)]
    taught, held_out = data.split(rows, held_out=5)
    assert len(taught) + len(held_out) == 500
    assert 60 < len(held_out) < 140
    again, _ = data.split([Row(row.text.upper(), "negative") for row in rows], held_out=5)
    assert [row.text.lower() for row in again] == [row.text for row in taught]


def test_another_salt_is_another_split() -> None:
    rows = [Row(f"text {n}", "neutral") for n in range(500)]
    _, first = data.split(rows)
    _, second = data.split(rows, salt="calibration")
    assert set(first) != set(second)
    assert set(first) & set(second)


def test_a_snapshot_names_the_set_and_not_its_order() -> None:
    rows = [Row("a", "neutral"), Row("b", "negative")]
    assert data.snapshot(rows) == data.snapshot(rows[::-1])
    assert data.snapshot(rows) != data.snapshot([Row("a", "neutral"), Row("b", "positive")])


def test_a_weight_is_part_of_a_row_and_of_its_snapshot_where_it_is_not_one() -> None:
    full, light = (
        data.parse(json.dumps({"text": "a", "topic": "Macro"} | more), "f:1") for more in ({}, {"weight": 0.5})
    )
    assert (full.weight, light.weight) == (1.0, 0.5)
    assert data.snapshot([full]) != data.snapshot([light])
    for wrong in (0, 1.5, "1", True, None, float("nan")):
        with pytest.raises(UserError, match="f:1: weight"):
            data.parse(json.dumps({"text": "a", "topic": "Macro", "weight": wrong}), "f:1")


def test_the_shipped_rows_are_sound_and_what_judges_teaches_nothing() -> None:
    golden, seed = data.read(data.GOLDEN), data.read(data.SEED)
    manners = data.read(data.SEED.with_name("manners.jsonl"))
    assert len(golden) >= 200
    assert all(row.sentiment and row.topic for row in golden)
    assert len(manners) >= 400
    assert all(row.sentiment or row.entities for row in [*seed, *manners])  # where two fare differently, only theirs
    sample = data.read(SAMPLE / "labels.jsonl")  # which the demo teaches, and the golden rows judge
    assert not {row.text.casefold() for row in [*golden, *manners]} & {row.text.casefold() for row in [*seed, *sample]}


def test_no_text_that_judges_has_a_near_twin_in_the_seed() -> None:
    having: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(data.read(data.SEED)):
        for run in runs(row.text):
            having[run].append(place)

    def shared(text: str) -> float:
        """The largest share of its three-word runs that one seed row has."""
        own = runs(text)
        counts = Counter(place for run in own for place in having.get(run, []))
        return max(counts.values(), default=0) / max(len(own), 1)

    for path in (data.GOLDEN, data.SEED.with_name("manners.jsonl")):
        judging = data.read(path)
        assert not [row.text for row in judging if shared(row.text) >= 0.5], path


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return set(zip(words, words[1:], words[2:], strict=False))
