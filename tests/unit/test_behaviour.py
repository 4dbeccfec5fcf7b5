"""Behaviour tests: enough cases, none of them taught, and a runner that counts what a person would count."""

import json
import re
from collections.abc import Iterator, Sequence

import pytest

from bearometer_shared.inference.encoding import Input
from bearometer_shared.inference.engine import Opinion, Score
from bearometer_shared.taxonomy import SENTIMENTS
from bearometer_training import data, drills
from bearometer_training.behaviour import template
from bearometer_training.behaviour.case import Expect, Same, Towards
from bearometer_training.behaviour.cases import cases
from bearometer_training.behaviour.runner import failures, run

CASES = cases()
CAPABILITIES = {
    "direction",
    "negation",
    "hedges",
    "numbers",
    "comparisons",
    "two_companies",
    "neutral_facts",
    "vocabulary",
    "invariance_company",
    "invariance_person",
    "invariance_country",
    "invariance_gender",
}


def shares(sentiment: str) -> dict[str, int]:
    return {name: 800_000 if name == sentiment else 100_000 for name in SENTIMENTS}


class Reader:
    """A fake that answers from a table, and neutral where the table is silent. Keeps what it was asked."""

    def __init__(self, table: dict[Input, str]) -> None:
        self.table = table
        self.asked: list[list[Input]] = []

    def score(self, texts: Sequence[str]) -> list[Score]:
        return [Score(**shares(found), topic="Macro", topic_p=500_000) for found in self._answers(texts)]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        return [Opinion(**shares(found)) for found in self._answers(pairs)]

    def _answers(self, inputs: Sequence[Input]) -> Iterator[str]:
        self.asked.append(list(inputs))
        return (self.table.get(asked, "neutral") for asked in inputs)


def perfect() -> Reader:
    return Reader({case.inputs[0]: case.sentiment for case in CASES if not isinstance(case, Same)})


def constant(sentiment: str) -> Reader:
    return Reader({asked: sentiment for case in CASES for asked in case.inputs})


def misread(text: str) -> Reader:
    reader = perfect()
    reader.table[text] = "negative"
    return reader


def groups() -> list[Same]:
    return [case for case in CASES if isinstance(case, Same)]


def test_there_are_enough_cases_and_each_is_there_once() -> None:
    assert len(CASES) >= 2000
    assert len(set(CASES)) == len(CASES)


def test_the_cases_are_the_same_each_time_so_that_models_can_be_compared() -> None:
    assert cases() == CASES


def test_every_capability_has_enough_cases_to_tell_models_apart() -> None:
    sizes = {name: sum(case.capability == name for case in CASES) for name in CAPABILITIES}
    assert {case.capability for case in CASES} == CAPABILITIES
    assert min(sizes.values()) >= 50


def test_no_constant_answer_passes_most_of_what_asks_for_more_than_one_sentiment() -> None:
    for sentiment in SENTIMENTS:
        found = run(constant(sentiment))
        for name in CAPABILITIES - {"neutral_facts"}:
            assert found[name]["pass_rate"] < 0.5 or name.startswith("invariance"), (sentiment, name)


def runs(text: str) -> set[tuple[str, ...]]:
    """Every five words in a row."""
    words = re.findall(r"\w+", text.lower())
    return set(zip(*(words[n:] for n in range(5)), strict=False))


def test_hardly_a_case_shares_its_wording_with_what_is_taught() -> None:
    taught = {run for row in [*data.read(data.SEED), *drills.rows(6000, seed=17)] for run in runs(row.text)}
    expected = [case for case in CASES if isinstance(case, Expect | Towards)]
    assert sum(bool(runs(case.text) & taught) for case in expected) < 0.03 * len(expected)


def test_no_case_is_taught_or_judged_elsewhere() -> None:
    seeds = {row.text.lower() for path in data.SEED.parent.glob("*.jsonl") for row in data.read(path)}
    assert not [text for case in CASES for text in texts(case) if text.lower() in seeds]


def texts(case: Expect | Towards | Same) -> tuple[str, ...]:
    return case.texts if isinstance(case, Same) else (case.text,)


def test_no_text_is_expected_to_be_read_in_two_ways() -> None:
    labels: dict[Input, set[str]] = {}
    for case in CASES:
        if not isinstance(case, Same):
            labels.setdefault(case.inputs[0], set()).add(case.sentiment)
    assert not [asked for asked, found in labels.items() if len(found) > 1]


def test_no_slot_is_left_open() -> None:
    assert not [text for case in CASES for text in texts(case) if set("{}|") & set(text)]


def test_an_entity_that_is_asked_about_is_named_in_the_text() -> None:
    assert all(case.entity in case.text for case in CASES if isinstance(case, Towards))


def test_a_group_holds_different_texts() -> None:
    assert all(len(set(case.texts)) == len(case.texts) >= 2 for case in groups())


def test_a_perfect_reader_passes_everything() -> None:
    found = run(perfect())
    assert set(found) == {*CAPABILITIES, "all"}
    assert found["all"] == {"n": len(CASES), "passed": len(CASES), "pass_rate": 1.0}
    assert not failures(perfect(), 10)


def test_one_answer_for_all_fails_what_asks_for_another_and_no_invariance() -> None:
    found = run(constant("positive"))
    assert found["neutral_facts"]["passed"] == 0
    assert found["vocabulary"]["passed"] == sum(
        c.capability == "vocabulary" and c.sentiment == "positive" for c in CASES
    )
    assert all(found[name]["pass_rate"] == 1 for name in CAPABILITIES if name.startswith("invariance"))


def test_one_odd_text_fails_its_group_and_shows_as_a_difference() -> None:
    odd = next(case for case in groups() if case.capability == "invariance_country")
    found = run(misread(odd.texts[2]))
    holding = sum(odd.texts[2] in case.texts for case in groups())
    report = found["invariance_country"]
    assert report["passed"] == report["n"] - holding
    assert report["largest_difference"] == pytest.approx(0.7)
    assert report["mean_difference"] == pytest.approx(0.7 * holding / report["n"])
    assert found["invariance_company"]["largest_difference"] == 0


def test_each_text_and_each_pair_is_asked_once_in_one_call_each() -> None:
    reader = perfect()
    run(reader)
    singles, pairs = reader.asked
    assert len(set(singles)) == len(singles)
    assert len(set(pairs)) == len(pairs)
    assert {*singles, *pairs} == {asked for case in CASES for asked in case.inputs}


def test_a_report_is_ready_for_json() -> None:
    assert json.loads(json.dumps(run(constant("neutral"))))["all"]["n"] == len(CASES)


def test_failures_tell_what_was_expected_and_got() -> None:
    case = next(c for c in CASES if c.capability == "neutral_facts")
    told = {"capability": "neutral_facts", "text": case.inputs[0], "expected": "neutral", "got": "negative"}
    assert failures(misread(texts(case)[0]), 10) == [told]


def test_failures_towards_an_entity_name_it() -> None:
    assert all(line["entity"] in line["text"] for line in failures(constant("neutral"), 3) if "entity" in line)


def test_a_failed_group_is_told_by_its_odd_text_beside_a_usual_one() -> None:
    odd = groups()[0]
    (told,) = failures(misread(odd.texts[1]), 1)
    assert (told["text"], told["got"], told["expected"]) == (odd.texts[1], "negative", "neutral")
    assert told["beside"] in odd.texts


def test_failures_are_limited_for_each_capability_so_that_none_hides_another() -> None:
    found = [line["capability"] for line in failures(constant("neutral"), 2)]
    assert {"direction", "vocabulary", "two_companies"} < set(found)
    assert all(found.count(name) == 2 for name in set(found))


def test_a_pattern_gives_all_its_sentences_or_a_sample_without_doubles() -> None:
    words = {"who": ("A", "B")}
    assert sorted(template.expand("{who} {rises|falls}", words)) == ["A falls", "A rises", "B falls", "B rises"]
    assert len(set(template.expand("{who} {rises|falls} {who}", words, cap=3))) == 3
    assert all(text[0] == text[-1] for text in template.expand("{who} meets {who}", words))


def test_a_pattern_with_an_unknown_slot_is_loud() -> None:
    with pytest.raises(KeyError, match="whom"):
        template.expand("{whom} falls", {})
