"""Items into stories: what joins, what starts one, and that neither order nor batches matter to what is said."""

import itertools

from made_stories import HALT, VALVES, item, stories

from bearometer_shared.stories.joining import WINDOW, assign
from bearometer_shared.stories.memory import MemoryShelf

HOURS = WINDOW.total_seconds() / 60


def test_the_first_seen_is_new_and_copies_are_heat_that_tells_less_each_time() -> None:
    copies = [item(f"c{n}", f"RT @wire{n}: {HALT}", minutes=n) for n in range(3)]
    first, *others = assign(MemoryShelf(), [item("a", HALT, -1), *copies])
    assert (first.is_first, first.novelty) == (True, 1)
    assert [other.copies for other in others] == [1, 2, 3]
    assert {other.story for other in others} == {"a"}
    assert [other.novelty for other in others] == [0, 0, 0]


def test_novelty_decays_within_a_story() -> None:
    rewritten = "Corwen Bank halts withdrawals, savers queue; regulator opens probe"
    answers = assign(MemoryShelf(), [item("a", HALT), item("b", rewritten, 1), item("c", rewritten, 2)])
    novelties = [answer.novelty for answer in answers]
    assert novelties == sorted(novelties, reverse=True)
    assert 0 < novelties[1] < 0.5


def test_any_order_inside_a_batch_gives_the_same_answers() -> None:
    batch = [item("a", HALT), item("b", f"CORRECTED - {HALT}", 1), item("c", VALVES, 1), item("d", HALT.upper(), 1)]
    said = {tuple(assign(MemoryShelf(), order)) for order in itertools.permutations(batch)}
    assert len(said) == 1


def test_a_story_goes_on_from_batch_to_batch() -> None:
    shelf = MemoryShelf()
    assign(shelf, [item("a", HALT)])
    assert stories(assign(shelf, [item("b", HALT, 30)])) == {"b": "a"}


def test_the_same_item_again_is_answered_as_before() -> None:
    shelf = MemoryShelf()
    before = assign(shelf, [item("a", HALT), item("b", HALT, 1)])
    assert assign(shelf, [item("b", HALT, 1), item("a", HALT), item("b", HALT, 1)]) == before
    assert assign(shelf, [item("c", HALT, 2)])[0].copies == 2


def test_what_repeats_after_the_window_is_a_new_story() -> None:
    answers = assign(MemoryShelf(), [item("a", HALT), item("b", HALT, HOURS), item("c", HALT, HOURS + 1)])
    assert stories(answers) == {"a": "a", "b": "a", "c": "c"}


def test_a_late_item_joins_a_story_that_was_published_after_it() -> None:
    shelf = MemoryShelf()
    assign(shelf, [item("a", HALT)])
    assert stories(assign(shelf, [item("late", HALT, -60)])) == {"late": "a"}


def test_streams_are_apart() -> None:
    answers = assign(MemoryShelf(), [item("a", HALT), item("b", HALT, 1, stream="replay")])
    assert stories(answers) == {"a": "a", "b": "b"}


def test_a_report_that_joins_a_flash_is_what_its_own_copies_are_found_by() -> None:
    body = "Savers queued in the rain outside branches in Kelmar on Thursday as the lender stopped paying out deposits."
    report = item("report", "Corwen halts withdrawals, regulator probes", 5, body=body)
    copy = item("copy", "Savers queue in Kelmar as Corwen halts payouts", 9, body=body)
    assert stories(assign(MemoryShelf(), [item("flash", HALT), copy])) == {"flash": "flash", "copy": "copy"}
    joined = assign(MemoryShelf(), [item("flash", HALT), report, copy])
    assert stories(joined) == {"flash": "flash", "report": "flash", "copy": "flash"}


def test_a_story_does_not_drift_by_small_steps() -> None:
    """Each text keeps three words in four of the one before it; the last has none of the first's."""
    names = [f"name{chr(97 + n)}" for n in range(24)]
    texts = [" ".join(names[n : n + 8]) for n in range(0, 16, 2)]
    answers = assign(MemoryShelf(), [item(f"{n}", text, n) for n, text in enumerate(texts)])
    assert answers[1].story == answers[0].story
    assert answers[-1].story != answers[0].story


def test_nothing_is_said_of_nothing() -> None:
    assert assign(MemoryShelf(), []) == []
