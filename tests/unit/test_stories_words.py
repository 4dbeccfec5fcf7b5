"""What two copies of a text have in common, and what only sets them apart."""

import subprocess
import sys

import pytest
from made_stories import HALT, VALVES, item

from bearometer_shared.stories.similarity import CLOSE, SAME, similarity
from bearometer_shared.stories.sketch import NAMING, NUMBER, code, weight
from bearometer_shared.stories.words import cashtags, corrects, words


@pytest.mark.parametrize(
    "copy",
    [
        f"RT @wire: {HALT}",
        f"“@wire: {HALT}”",
        f"CORRECTED - {HALT}",
        f"(CORRECTED) - {HALT}",
        f"(UPDATE) {HALT}",
        f"UPDATE 2 - {HALT} (adds analyst's comment)",
        f"{HALT} https://example.com/a?b=1",
        f"RT @wire: {HALT} http://t.co/a…",
        f"{HALT.upper()}!",
        f"{HALT.replace('Corwen', 'Corwen <CRWB>')}",
        f"$CRWB $SPY $QQQ {HALT} $XLF",
    ],
)
def test_what_a_reposter_or_an_editor_adds_does_not_count(copy: str) -> None:
    assert words(copy) == words(HALT)


def test_a_cut_repost_lacks_only_the_word_that_was_cut() -> None:
    assert words("RT @wire: Corwen Bank halts withdr…") == words("Corwen Bank halts")


def test_a_byline_is_not_the_story() -> None:
    assert words("By Ann Lee, Reuters Corwen halted") == words("Corwen halted")


def test_a_series_number_behind_a_hashtag_does_not_count_but_a_figure_does() -> None:
    assert words("win a phone #contest 1038") == words("win a phone #contest //817")
    assert words("#Corwen cuts 1038 jobs") != words("#Corwen cuts 817 jobs")


def test_endings_and_thousands_do_not_count() -> None:
    assert words("acquires 1,914,388 shares") == words("acquired 1914388 share")


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("CORRECTED - Corwen nets 4 mln", True),
        ("Corwen nets 4 mln (corrects figure)", True),
        ("Corwen corrects its figures", False),
        ("Update on Corwen", False),
    ],
)
def test_a_correction_is_known_by_its_mark_and_not_by_the_word(title: str, said: bool) -> None:
    assert corrects(title) is said


def test_cashtags_come_once_and_a_price_is_none() -> None:
    assert cashtags("$aapl up, $AAPL at $500, $BRK.B") == ["AAPL", "BRK.B"]


def test_words_weigh_by_what_they_tell_apart() -> None:
    assert code("the") == 0
    assert [weight([code(word)]) for word in (*words("dividends"), "3.5", "corwen")] == [1, NUMBER, NAMING]


def test_a_post_with_many_cashtags_is_about_none_of_them() -> None:
    named, broadcast = item("a", f"$CRWB {HALT}"), item("b", f"$CRWB $SPY $QQQ {HALT}")
    assert code("$CRWB") in named.title
    assert code("$CRWB") not in broadcast.title


def test_a_sketch_is_the_same_in_another_process() -> None:
    program = (
        "from made_stories import HALT, item; a = item('a', HALT, body='The bank said so.');"
        " print(sorted(a.title), sorted(a.lead), a.keys)"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = item("a", HALT, body="The bank said so.")
    assert elsewhere.stdout.strip() == f"{sorted(here.title)} {sorted(here.lead)} {here.keys}"


def test_a_sketch_never_changes_from_release_to_release() -> None:
    """Rows of yesterday's release are compared with today's. Whoever changes this drops the rows in a migration."""
    pinned = item("a", "Corwen halts 3 trains")
    assert sorted(pinned.title) == [113834423, 149106795, 1550247075, 1842515610]
    assert pinned.keys[:2] == (-7461654825406380457, -5358082443255692965)


def test_buckets_of_two_streams_are_apart() -> None:
    assert not {*item("a", HALT).keys} & {*item("a", HALT, stream="replay").keys}


def test_no_words_lie_in_no_bucket() -> None:
    assert item("a", "and the").keys == ()
    assert similarity(item("a", "and the"), item("b", "and the")) == 0


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((HALT, ""), ("Corwen <CRWB> stops withdrawals", f"{HALT}, the bank said. Savers queued outside.")),
        (("Win 5% a day, $MA $V $T", ""), ("Win 5% a day! $AAPL $GOOG $IBM http://t.co/x", "")),
        (("CORRECTED - Ostrander nets 4.1 mln", ""), ("Ostrander nets 1.4 mln", "")),
    ],
)
def test_rewritten_it_is_the_same_story(a: tuple[str, str], b: tuple[str, str]) -> None:
    assert similarity(item("a", a[0], body=a[1]), item("b", b[0], body=b[1])) >= SAME


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((HALT, ""), (VALVES, "")),
        (("Ostrander Inc 4th qtr net", "Shr 20 cts vs 21 cts Net 1.3 mln"), ("Corwen 4th qtr net", "Shr 9 cts vs 2")),
        (("Ostrander sets payout", "Qtly div 30 cts vs 30 cts Pay May 11"), ("Corwen sets payout", "Qtly div 30 cts")),
        (("Fed sets 1.5 billion customer repurchase", ""), ("Fed sets 2 billion customer repurchase", "")),
    ],
)
def test_a_form_filled_in_for_another_is_another_story(a: tuple[str, str], b: tuple[str, str]) -> None:
    assert similarity(item("a", a[0], body=a[1]), item("b", b[0], body=b[1])) < SAME


def test_a_text_is_closest_to_itself() -> None:
    a = item("a", HALT, body="The bank said on Thursday that 3.5 billion had left.")
    assert similarity(a, a) == 1 > CLOSE
