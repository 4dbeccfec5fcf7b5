"""Explanations against scorers whose true contributions are known, and the test that tells good ones from bad."""

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bearometer_cli.bench.explain import explain as bench
from bearometer_shared.inference.engine import Score
from bearometer_shared.inference.explain import TEXTS, WORDS, Word, explain
from bearometer_training.explaining import as_json, decisive_first, deletion, render

WEIGHTS = {"profit": 120_000, "rises": 80_000, "loss": -150_000, "fraud,": -240_000}
FILLER = ("the", "firm", "said", "on", "Tuesday", "in", "a", "note")
NEUTRAL = 31_000  # what an empty text scores


def lexicon(words: Sequence[str]) -> int:
    """Words add up: a word's contribution is its weight."""
    return sum(WEIGHTS.get(word, 0) for word in words)


def negation(words: Sequence[str]) -> int:
    """`good` is worth 300,000, and 'not' before it turns that round."""
    return 300_000 * ("good" in words) * (-1 if "not" in words else 1)


@dataclass
class Fake:
    """Scores a text by the worth of its words, and counts what it is asked."""

    worth: Callable[[Sequence[str]], int] = lexicon
    asked: list[str] = field(default_factory=list)

    def score(self, texts: Sequence[str]) -> list[Score]:
        self.asked += texts
        return [self._one(NEUTRAL + self.worth(text.split())) for text in texts]

    def _one(self, signed: int) -> Score:
        positive, negative = max(signed, 0), max(-signed, 0)
        return Score(negative, 1_000_000 - positive - negative, positive, "Macro", 500_000)


def contributions(worth: Callable[[Sequence[str]], int], text: str) -> dict[str, int]:
    return {word.text: word.contribution for word in explain(Fake(worth), text)}


def mixed(length: int) -> list[str]:
    """Words that count among words that do not, always the same."""
    return random.Random(length).choices([*WEIGHTS, *FILLER], k=length)  # noqa: S311 - no secret


@pytest.mark.parametrize("length", [1, 2, 3, 7, 12, 20])
def test_words_that_add_up_are_recovered_whatever_is_sampled(length: int) -> None:
    words = mixed(length)
    found = explain(Fake(), " ".join(words))
    assert [word.contribution for word in found] == pytest.approx([WEIGHTS.get(word, 0) for word in words], abs=2)


def test_an_interaction_is_shared_as_shapley_says() -> None:
    """Of 'good' 300,000, 'not' 0, both -300,000: each takes half of the interaction of -600,000."""
    assert contributions(negation, "not good") == {"not": -300_000, "good": 0}


def test_words_that_take_no_part_get_nothing_where_all_sets_can_be_scored() -> None:
    found = contributions(negation, "it was not very good")
    assert found == {"it": 0, "was": 0, "not": -300_000, "very": 0, "good": 0}


def test_an_interaction_is_found_among_more_words_than_can_be_tried() -> None:
    text = "the new chief said on Tuesday that results were not good for anyone who holds the shares"
    found = contributions(negation, text)
    assert min(found, key=lambda word: found[word]) == "not"
    assert found["not"] == pytest.approx(-300_000, abs=30_000)


def test_in_a_long_text_the_words_that_matter_are_told_from_their_neighbours() -> None:
    words = [FILLER[n % len(FILLER)] for n in range(40)]
    words[13], words[30] = "fraud,", "profit"
    found = explain(Fake(), " ".join(words))
    assert [word.contribution for word in found] == pytest.approx([WEIGHTS.get(word, 0) for word in words], abs=2)


@pytest.mark.parametrize("length", [5, 12, 20, 21, 33, 60, 96, 5000])
def test_the_work_is_bounded(length: int) -> None:
    engine = Fake()
    explain(engine, " ".join(mixed(length)))
    assert len(engine.asked) <= 1.6 * TEXTS
    assert max(len(text.split()) for text in engine.asked) <= WORDS


def test_words_beyond_what_is_read_are_listed_without_contribution() -> None:
    found = explain(Fake(), "profit " * 200)
    assert len(found) == 200
    assert {word.contribution for word in found[WORDS:]} == {0}


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_a_text_without_words_has_no_explanation_and_costs_nothing(text: str) -> None:
    engine = Fake()
    assert explain(engine, text) == []
    assert engine.asked == []


def test_a_million_characters_without_a_space_are_one_word() -> None:
    (word,) = explain(Fake(), "x" * 1_000_000)
    assert (word.start, word.end) == (0, 1_000_000)


def test_punctuation_belongs_to_the_word_that_it_touches_or_stands_alone() -> None:
    assert [word.text for word in explain(Fake(), "Fraud, loss - (BBC) $5m!")] == [
        "Fraud,",
        "loss",
        "-",
        "(BBC)",
        "$5m!",
    ]


def crooked(words: Sequence[str]) -> int:
    """A worth without any structure, for which only the promises can hold."""
    return crc32(repr(words).encode()) % 1_000_000 - 500_000


@settings(deadline=None, max_examples=60)  # a busy machine is no failure
@given(st.text(st.characters(), max_size=60) | st.lists(st.text(max_size=3), max_size=30).map(" ".join))
def test_odd_text_is_covered_in_order_and_its_contributions_sum_to_the_score(text: str) -> None:
    found = explain(Fake(crooked), text)
    assert [word.text for word in found] == text.split()
    assert all(text[word.start : word.end] == word.text for word in found)
    assert [word.start for word in found] == sorted(word.start for word in found)
    total = crooked(text.split()) - crooked([]) if found else 0
    assert sum(word.contribution for word in found) == pytest.approx(total, abs=len(found) + 1)


def test_the_same_text_gets_the_same_answer() -> None:
    text = " ".join(f"w{n}" for n in range(17))
    assert explain(Fake(crooked), text) == explain(Fake(crooked), text)


def test_removing_the_words_of_an_explanation_takes_the_answer_away() -> None:
    words = ["the", "firm", "profit", "said", "rises", "on", "note"]
    engine = Fake(lambda kept: 4 * lexicon(kept))
    good, bad = (deletion(engine, words, order) for order in ([2, 4, 0, 1, 3, 5, 6], [0, 1, 3, 5, 6, 2, 4]))
    # 'profit' is worth 0.48 of the probability of a positive answer and 'rises' 0.32; the others nothing.
    assert good.comprehensiveness == pytest.approx((0.48 + 4 * 0.80) / 5)
    assert good.sufficiency == pytest.approx(0.32 / 5)
    assert bad.comprehensiveness == pytest.approx(0.0)
    assert bad.sufficiency == pytest.approx(0.80)


def test_the_decisive_words_of_a_negative_answer_are_the_most_negative() -> None:
    words = explain(Fake(), "profit the loss fraud,")
    assert decisive_first(words, "negative") == [3, 2, 1, 0]
    assert decisive_first(words, "positive") == [0, 1, 2, 3]


def test_the_benchmark_finds_ours_better_than_chance() -> None:
    texts = [f"{word} {' '.join(FILLER[n:])}" for word in WEIGHTS for n in range(4)]
    engine = Fake(lambda words: 4 * lexicon(words))
    figures = bench(engine, texts, lambda line: None)
    assert figures["deletion_items"] == 12  # 'rises' is not enough for an opinion
    assert figures["comprehensiveness"] > figures["comprehensiveness_random"]  # type: ignore[operator]  # not None here
    assert figures["sufficiency"] < figures["sufficiency_random"]  # type: ignore[operator]  # as above
    assert figures["explain_p50"] <= figures["explain_p99"]  # type: ignore[operator]  # as above


def test_a_benchmark_of_neutral_texts_has_times_but_no_deletions() -> None:
    figures = bench(Fake(), ["the firm", "a note"], lambda line: None)
    assert figures["deletion_items"] == 0
    assert figures["comprehensiveness"] is None


def word(text: str, contribution: int) -> Word:
    return Word(text, 0, len(text), contribution)


def test_colour_says_the_direction_and_weight_says_how_much() -> None:
    shown = render([word("fraud", -800_000), word("profit", 400_000), word("slow", -100_000), word("the", 1_000)])
    assert shown.plain == "fraud profit slow the"
    assert [str(span.style) for span in shown.spans if span.style] == ["bold reverse red", "bold green", "red"]


def test_a_text_that_moves_nothing_is_not_made_to_shout() -> None:
    assert render([word("the", 900), word("firm", -400)]).spans == []


def test_a_hostile_word_cannot_command_the_terminal() -> None:
    screen = io.StringIO()
    Console(file=screen, force_terminal=True).print(render([word("\x1b[2Jgone[/red]", 0)]))
    assert "\x1b[2J" not in screen.getvalue()
    assert "gone[/red]" in screen.getvalue()


def test_facts_are_in_units_of_the_score() -> None:
    facts = as_json(explain(Fake(), "loss here"))
    assert facts[0] == {"word": "loss", "start": 0, "end": 4, "contribution": -0.15}
