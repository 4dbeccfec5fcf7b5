"""What to label next: every part of the mix is there, spread over topics and days, and nobody is asked twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from bearometer_shared.label_queue import Candidate, Known, choose

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
TOPICS = ("Markets", "Energy", "Macro", "Earnings", "Financials")
KNOWN = Known(dict.fromkeys(TOPICS, 50), dict.fromkeys(TOPICS, (0.2, 0.2)))


def candidate(n: int, **fields: object) -> Candidate:
    plain: dict[str, object] = {"topic": TOPICS[n % 5], "sentiment": "neutral", "margin": 0.9, "topic_p": 0.9}
    at = NOON - timedelta(days=n // 5 % 10)
    return Candidate(id=f"n{n:03}", published_at=at, **(plain | fields))  # type: ignore[arg-type]  # fields as told


def ids(candidates: list[Candidate], limit: int = 10, known: Known = KNOWN, annotator: str = "ana") -> dict[str, str]:
    return {one.id: one.part for one in choose(candidates, known, annotator, limit, "2026-03-05")}


CALM = [candidate(n) for n in range(200)]


def test_what_the_model_is_unsure_of_comes_among_random_ones() -> None:
    parts = Counter(ids([*CALM, candidate(300, margin=0.01), candidate(301, margin=0.02)]).values())
    assert parts["uncertain"] >= 2
    assert parts["audit"] >= 2


def test_the_least_sure_item_is_chosen_for_that() -> None:
    assert ids([*CALM, candidate(300, margin=0.01)])["n300"] == "uncertain"


def test_what_two_models_disagree_on_and_what_a_false_alert_was_made_of_are_asked() -> None:
    chosen = ids([*CALM, candidate(300, other="negative"), candidate(301, alert=7)])
    assert (chosen["n300"], chosen["n301"]) == ("disagreement", "verdict")


def test_a_topic_without_labels_is_asked_before_others() -> None:
    known = Known({**KNOWN.labels, "Energy": 0}, KNOWN.shares)
    chosen = choose(CALM, known, "ana", 10, "seed")
    assert next(CALM[int(one.id[1:])].topic for one in chosen if one.part == "rare") == "Energy"


def test_a_topic_that_grows_is_asked() -> None:
    known = Known(KNOWN.labels, {**KNOWN.shares, "Macro": (0.4, 0.1)})
    assert {CALM[int(id[1:])].topic for id, part in ids(CALM, known=known).items() if part == "drift"} == {"Macro"}


def test_no_topic_and_no_day_takes_more_than_a_quarter_while_there_are_others() -> None:
    calm = [candidate(n) for n in range(100)]
    storm = [candidate(400 + n, topic="Macro", margin=0.0) for n in range(0, 100, 5)]
    chosen = choose([*calm, *storm], KNOWN, "ana", 20, "seed")
    by_id = {one.id: one for one in (*calm, *storm)}
    assert max(Counter(by_id[one.id].topic for one in chosen).values()) <= 5
    assert max(Counter(by_id[one.id].published_at for one in chosen).values()) <= 5


def test_where_there_is_one_topic_only_the_places_are_filled_all_the_same() -> None:
    assert len(ids([candidate(n, topic="Macro") for n in range(50)], limit=20)) == 20


def test_nobody_is_asked_twice_and_a_second_opinion_is_asked_of_another() -> None:
    labelled = [candidate(n, annotators=frozenset({"ana"})) for n in range(5)]
    assert ids(labelled) == {}
    assert set(ids(labelled, annotator="ben").values()) == {"second opinion"}


def test_a_text_that_two_have_labelled_needs_no_third() -> None:
    assert ids([candidate(1, annotators=frozenset({"ana", "ben"}))], annotator="cy") == {}


def test_it_is_the_same_for_a_day_and_no_item_comes_twice() -> None:
    one, again = (choose(CALM, KNOWN, "ana", 50, "day") for _ in range(2))
    assert one == again
    assert len({chosen.id for chosen in one}) == 50
    assert choose(CALM, KNOWN, "ana", 50, "another day") != one
