"""Rules that label texts, and how what they say joins a lesson: little weight, and never where anybody judges."""

import pytest

from bearometer_retrainer import lexicon, weak_rules
from bearometer_retrainer.lesson import HELD_OUT, Recipe, lesson, with_weak
from bearometer_shared.errors import UserError
from bearometer_shared.storage.labels import Labelled
from bearometer_shared.storage.weak_labels import NewWeakLabel
from bearometer_training import data
from bearometer_training.data import Row


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hartwell Bank shares plunge", "negative"),
        ("Hartwell Bank soars on results", "positive"),
        ("Hartwell Bank plunges, then rebounds", None),
        ("Hartwell Bank denies fraud", None),
        ("Oil prices surge", None),
        ("Hartwell Bank opens a branch", None),
    ],
)
def test_the_lexicon_speaks_where_little_doubt_is_left(text: str, said: str | None) -> None:
    assert (lexicon.say(text) or {}).get("sentiment") == said


def test_a_rule_is_found_by_its_entry_point() -> None:
    assert "lexicon" in weak_rules.names()
    assert weak_rules.find("lexicon") is lexicon.say
    with pytest.raises(UserError, match="no rule 'oracle'; installed: "):
        weak_rules.find("oracle")


def test_what_a_rule_says_is_stored_only_if_it_is_a_label() -> None:
    said = weak_rules.apply("topics", lambda text: {"topic": "Macro"} if "rate" in text else None, ["a rate", "b"])
    assert said == [NewWeakLabel("a rate", None, "Macro")]
    for wrong in (lambda text: {"sentiment": "awful"}, lambda text: {}, lambda text: "negative", lambda text: 1 / 0):
        with pytest.raises(UserError, match="rule 'mine' on 'a': "):
            weak_rules.apply("mine", wrong, ["a"])  # type: ignore[arg-type]  # a stranger's function


def test_a_rule_is_checked_against_people_head_by_head() -> None:
    people = {"a": Labelled("a", "negative", "Macro", ()), "b": Labelled("b", "positive", None, ())}
    said = [NewWeakLabel("a", "negative", "Earnings"), NewWeakLabel("b", None, "Macro")]
    assert weak_rules.agreement(said, people) == (2, 1)


FRESH = [Row(f"fresh {n}", "negative") for n in range(60)]
WEAK = [Row(f"weak {n}", "positive") for n in range(200)]


def test_weak_rows_weigh_little_and_are_no_more_than_the_fresh_ones() -> None:
    made = with_weak(lesson(FRESH, [], [], Recipe()), "weak", WEAK, Recipe())
    assert len(made.weak) == len(made.fresh) == made.composition["weak"]
    assert {row.weight for row in made.weak} == {0.25}
    assert made.snapshot != lesson(FRESH, [], [], Recipe()).snapshot
    more = with_weak(made, "pseudo", WEAK, Recipe())
    assert (len(more.weak), more.composition["pseudo"]) == (len(made.weak), 0), "the two share their places"


def test_weak_rows_take_no_text_that_judges_or_that_people_have_labelled() -> None:
    """Whoever labels one of them later may find it on the side that judges; so none of that side is taught."""
    golden, seed = data.read(data.GOLDEN)[:20], data.read(data.SEED)[:20]
    made = with_weak(lesson(FRESH, [], [], Recipe()), "weak", [*golden, *seed, *FRESH, *WEAK], Recipe(weak=100))
    taught, judging = data.split(WEAK, HELD_OUT)
    assert sorted(row.text for row in made.weak) == sorted(row.text for row in taught)
    assert judging
