"""Generated drills: what a text says must be what its label says, read back by other code than wrote it."""

import random
import re
from collections import Counter

import pytest

from bearometer_shared.text import model_text
from bearometer_training import drills
from bearometer_training.drills import names
from bearometer_training.drills.frames import KINDS
from bearometer_training.drills.writing import Drill, write

SIGNS = {"positive": 1, "neutral": 0, "negative": -1}
SCALES = {"k": 1e3, "thousand": 1e3, "lakh": 1e5, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "crore": 1e7}
SCALES |= {"cr": 1e7, "crores": 1e7, "b": 1e9, "bn": 1e9, "bln": 1e9, "billion": 1e9, "tn": 1e12, "trillion": 1e12}
SCALES |= {"lakh crore": 1e12}
FIGURE = re.compile(r"(-|minus )?[^\d-]*(-)?(\d[\d, ]*(?:\.\d+)?) ?(lakh crore|[a-z]+)?")
RISEN = {
    "rose",
    "climbed",
    "increased",
    "jumped",
    "surged",
    "up",
    "higher",
    "swelled",
    "mounted",
    "soared",
    "leapt",
    "grew",
}
FALLEN = {"fell", "dropped", "declined", "decreased", "slid", "sank", "dipped", "shrank", "eased", "down", "lower"}
FALLEN |= {"tumbled", "plunged", "slipped", "receded", "diminished", "dwindled"}
ADVICE = dict.fromkeys(("sell", "underperform", "reduce", "underweight"), 0)
ADVICE |= dict.fromkeys(("hold", "neutral", "market perform", "equal-weight"), 1)
ADVICE |= dict.fromkeys(("buy", "outperform", "add", "overweight"), 2)
GRADES = ("AA+", "AA", "AA-", "A+", "A", "A-", "BBB+", "BBB", "BBB-", "BB+", "BB", "BB-", "B+", "B", "B-")


@pytest.fixture(scope="module")
def made() -> list[Drill]:
    return drills.drawn(3000, seed=5)


def value(figure: str) -> float:
    """What a figure is worth: "EUR -1.2bn" is -1.2e9."""
    found = FIGURE.fullmatch(re.sub(r"(US |euro )?(cents|euros?|yen|won|yuan|kronor)$", "", figure.lower()).strip())
    found = found or FIGURE.match(figure.lower())
    assert found, figure
    size = float(found[3].replace(",", "").replace(" ", "")) * SCALES.get(found[4] or "", 1.0)
    return -size if found[1] or found[2] else size


def order(newer: float, older: float) -> int:
    return (newer > older) - (newer < older)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others() -> None:
    first = drills.rows(300, seed=1)
    assert first == drills.rows(300, seed=1)
    assert len({row.text for row in first} & {row.text for row in drills.rows(300, seed=2)}) < 10


def test_rows_are_distinct_and_as_many_as_asked(made: list[Drill]) -> None:
    assert len({drill.row.text for drill in made}) == len(made) == 3000
    assert drills.rows(0, seed=1) == []


def test_kinds_and_sentiments_are_balanced(made: list[Drill]) -> None:
    kinds = Counter(drill.kind for drill in made)
    assert max(kinds.values()) - min(kinds.values()) <= 3
    sentiments = Counter(drill.row.sentiment for drill in made if drill.kind != "rivals")
    assert set(sentiments) == set(SIGNS)
    assert max(sentiments.values()) - min(sentiments.values()) <= len(KINDS)
    towards = Counter(label for drill in made if drill.kind == "rivals" for _, label in drill.row.entities[:1])
    assert max(towards.values()) - min(towards.values()) <= 3


def test_many_frames_are_seen(made: list[Drill]) -> None:
    assert len({drill.frame for drill in made}) >= 400


def test_a_text_is_plain_and_complete(made: list[Drill]) -> None:
    for drill in made:
        text = drill.row.text
        assert not re.search(r"[][{}|_<]|  |None|\ba an?\b|\bin in\b|\bthe the\b", text), text
        assert text == model_text(text)


def test_every_frame_can_be_filled_for_each_of_its_sentiments() -> None:
    rng = random.Random(3)  # noqa: S311 - reproducible, no secret
    for kind, frames in KINDS.items():
        for sentiment, choices in frames.items():
            for frame in choices:
                assert write(kind, frame, sentiment, rng).row.text


@pytest.mark.parametrize(
    ("newer", "older"),
    [("new", "old"), ("new", "old_bare"), ("target_new", "target_old"), ("less", "more"), ("signed_new", "signed_old")],
)
def test_figures_agree_with_the_label(made: list[Drill], newer: str, older: str) -> None:
    read = [drill for drill in made if {newer, older} <= set(drill.shown)]
    assert len(read) >= 10
    for drill in read:
        new, old = drill.shown[newer], drill.shown[older]
        if re.fullmatch(r"[\d., ]+", old):  # it stands without the unit of the other
            new = re.sub(r"^\D+|[^\d., ]|[., ]+$", "", new)
        wanted = SIGNS[drill.row.sentiment or ""] * (1 if drill.subject.good or newer != "new" else -1)
        assert order(value(new), value(old)) == (-1 if newer == "less" else wanted), drill.row.text


def test_each_partys_figures_agree_with_its_fate(made: list[Drill]) -> None:
    slots = {"w": ("winner", 1), "l": ("loser", -1), "b": ("bystander", 0)}
    seen = Counter[str]()
    for drill in made:
        for slot in [slot for slot in drill.shown if re.fullmatch(r"[wlb]2?_new", slot)]:
            old, (party, sign) = drill.shown[slot.replace("new", "old")], slots[slot[0]]
            assert order(value(drill.shown[slot]), value(old)) == (sign if drill.subject.good else -sign), (
                drill.row.text
            )
            name = drill.shown[party + ("2" if "2" in slot else "")]
            assert SIGNS[dict(drill.row.entities)[name]] == sign
            seen[slot[0]] += 1
    assert min(seen.values()) >= 10


def test_words_of_direction_agree_with_the_label(made: list[Drill]) -> None:
    for drill in [drill for drill in made if "moved" in drill.shown or "up" in drill.shown]:
        words = set((drill.shown.get("moved", "") + " " + drill.shown.get("up", "")).split())
        risen, fallen = bool(words & RISEN), bool(words & FALLEN)
        assert risen != fallen
        way = 1 if risen else -1
        assert SIGNS[drill.row.sentiment or ""] == (way if drill.subject.good else -way), drill.row.text


def test_ratings_agree_with_the_label(made: list[Drill]) -> None:
    for ladder, slot in ((ADVICE, "rating"), ({grade: -i for i, grade in enumerate(GRADES)}, "grade")):
        read = [drill for drill in made if {f"new_{slot}", f"old_{slot}"} <= set(drill.shown)]
        assert read
        for drill in read:
            step = order(ladder[drill.shown[f"new_{slot}"]], ladder[drill.shown[f"old_{slot}"]])
            assert step == SIGNS[drill.row.sentiment or ""], drill.row.text


def test_what_is_shown_stands_in_the_text(made: list[Drill]) -> None:
    for drill in made:
        for slot, shown in drill.shown.items():
            if slot != "whose":  # a name in -s loses the s of its genitive
                assert shown.lower() in drill.row.text.lower(), (slot, drill.row.text)


def test_entities_are_named_and_carry_the_sentiment_of_the_text(made: list[Drill]) -> None:
    alone = [drill.row for drill in made if drill.kind not in ("rivals", "partners")]
    for row in alone:
        assert all(name in row.text and label == row.sentiment for name, label in row.entities)
    assert 0.2 < sum(bool(row.entities) for row in alone) / len(alone) < 0.4
    for drill in made:
        if drill.kind in ("rivals", "partners"):
            assert len(drill.row.entities) >= 2
            assert all(name in drill.row.text for name, _ in drill.row.entities)


def test_names_are_thousands() -> None:
    rng = random.Random(1)  # noqa: S311 - reproducible, no secret
    assert len({names.company(rng) for _ in range(10_000)}) > 4000
