"""Who a text is about: symbols, names, words that are no companies, and names that changed."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bearometer_shared.entities import THRESHOLD, Entity, Gazetteer, Link, Linker, link, spoken, tickers

THEN, NOW = datetime(2014, 5, 1, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
WORDS = "Apple apple APPLE Target Gap Inc and Bank of America the price target J.P. Morgan 3M it İ ß شركة \U0001f600"
SYMBOLS = "$AAPL $ < > ( ) NYSE: NASDAQ : AAPL AAPL.O <AAPL.O> BRK.B # @ _ & , . 's ’s http://t.co/x AT&T"  # noqa: RUF001 - typographic
PIECES = st.sampled_from([*WORDS.split(" "), *SYMBOLS.split(" "), "\u0301", "\n", "\0", "\ud800"])
HOSTILE = st.one_of(
    st.text(st.characters()), st.lists(PIECES, max_size=60).map(" ".join), st.lists(PIECES).map("".join)
)


def named(text: str, when: datetime | None = NOW) -> list[tuple[str, str]]:
    return [(found.ticker, found.surface) for found in link(text, when)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$AAPL up", [("AAPL", "$AAPL")]),
        ("$aapl up", [("AAPL", "$aapl")]),
        ("$BRK.B and $BRK-B", [("BRK.B", "$BRK.B"), ("BRK.B", "$BRK-B")]),
        ("Shares (NASDAQ: AAPL) fall", [("AAPL", "AAPL")]),
        ("[NYSE:T] falls", [("T", "T")]),
        ("Nasdaq: AAPL falls", [("AAPL", "AAPL")]),
        ("Weak day (LSE: VOD)", [("VOD", "VOD")]),
        ("AAPL.O falls", [("AAPL", "AAPL.O")]),
        ("Merger talks (XYZQ.N)", [("XYZQ", "XYZQ.N")]),
        ("Tokyo: 7203.T falls", [("TM", "7203.T")]),
        ("PROFIT <AAPL> 1ST QTR", [("AAPL", "<AAPL>"[1:-1])]),
        ("PROFIT <AAPL.O> 1ST QTR", [("AAPL", "AAPL.O")]),
        ("STANDARD OIL <SRD> TO FORM UNIT", [("SRD", "SRD")]),  # a wire of 1987 knows symbols that we do not
        ("AAPL beats", [("AAPL", "AAPL")]),
        ("Up 3% (NVDA)", [("NVDA", "NVDA")]),
        ("Apple unveils a watch", [("AAPL", "Apple")]),
        ("Apple Inc fell", [("AAPL", "Apple Inc")]),
        ("Apple, Inc. fell", [("AAPL", "Apple, Inc")]),
        ("Apple's profit fell", [("AAPL", "Apple")]),
        ("Apple’s profit fell", [("AAPL", "Apple")]),  # noqa: RUF001 - as publishers write it
        ("APPLE SHARES FALL", [("AAPL", "APPLE")]),
        ("McDonald's and McDonalds", [("MCD", "McDonald's"), ("MCD", "McDonalds")]),
        ("Johnson and Johnson, J&J", [("JNJ", "Johnson and Johnson"), ("JNJ", "J&J")]),
        ("J.P. Morgan, JPMorgan Chase & Co.", [("JPM", "J.P. Morgan"), ("JPM", "JPMorgan Chase & Co")]),
        ("Walmart & Co. fell", [("WMT", "Walmart & Co")]),
        ("Nestlé and Nestle", [("NESN.SW", "Nestlé"), ("NESN.SW", "Nestle")]),
        ("amazon and nvidia lead", [("AMZN", "amazon"), ("NVDA", "nvidia")]),
        ("@Microsoft #Tesla", [("MSFT", "Microsoft"), ("TSLA", "Tesla")]),
    ],
)  # fmt: skip
def test_each_form_is_linked(text: str, found: list[tuple[str, str]]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "An apple a day",
        "apple pie recipes",
        "The Big Apple cheers",
        "Analysts raise their price target",
        "TARGET PRICE RAISED",
        "The gap between rich and poor widens",
        "Gender pay gap narrows",
        "GAP BETWEEN RICH AND POOR",
        "Eggs need a shell",
        "Shell companies under scrutiny",
        "Visa applications rise",
        "He needs a visa",
        "COST of living rises",
        "THE KEY TO IT ALL",
        "We are all in on this",
        "ON THE BRINK",
        "META analysis of studies",
        "ALL EYES ON THE FED",
        "Harrison Ford dies",
        "Amazon rainforest burns",
        "Southern California burns",
        "Dow Jones slips, Nasdaq gains",
        "Next week is busy",
        "Total sales rose",
        "NYSE: A look back",
        "He sold 9.3M of them",
        "U.S. and U.K. agree",
        "The CEO of an IT firm in the EU",
        "a$AAPL, http://apple.com/AAPL, ir@nvidia.com, $AAPLE1, my_AAPL_bot",
        "T C D V",
    ],
)
def test_words_that_are_no_companies_are_not_linked(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Analysts like Target", [("TGT", "Target")]),
        ("Target cuts its outlook", [("TGT", "Target")]),
        ("Target shares fall", [("TGT", "Target")]),
        ("target shares fall after earnings", [("TGT", "target")]),
        ("Gap Inc posts a loss", [("GAP", "Gap Inc")]),
        ("Ford recalls a million cars", [("F", "Ford")]),
        ("Ford's CEO leaves", [("F", "Ford")]),
        ("Delta Air Lines buys jets", [("DAL", "Delta Air Lines")]),
        ("Costco (COST) gains", [("COST", "Costco"), ("COST", "COST")]),
        ("Low in stock: a KEY day for KeyCorp", [("KEY", "KeyCorp")]),
    ],
)
def test_what_stands_beside_a_word_makes_it_a_company(text: str, found: list[tuple[str, str]]) -> None:
    assert named(text) == found


def test_a_cashtag_elsewhere_makes_a_word_a_company() -> None:
    assert named("The target for today") == []
    assert named("target is a mess today $TGT")[0] == ("TGT", "target")


def test_confidence_follows_the_evidence() -> None:
    def sure(text: str) -> float:
        return max((found.confidence for found in link(text, NOW, threshold=0)), default=0)

    assert (
        sure("apple of his eye") < sure("Apple rumours") < THRESHOLD < sure("I sold Apple") < sure("I sold Apple Inc")
    )


@pytest.mark.parametrize(
    ("text", "when", "found"),
    [
        ("Facebook gains", THEN, ["FB"]),
        ("Facebook gains", NOW, ["META"]),  # people say so still
        ("Meta Platforms gains", THEN, []),
        ("Meta Platforms gains", datetime(2022, 1, 3, tzinfo=UTC), ["FB"]),  # the name changed before the ticker
        ("Meta Platforms gains", NOW, ["META"]),
        ("$META gains", THEN, ["META"]),  # a symbol is one, whoever had it
        ("Google gains", THEN, ["GOOG"]),
        ("Raytheon gains", THEN, ["RTN"]),
        ("Raytheon gains", NOW, ["RTX"]),
        ("Twitter gains", NOW, []),  # no longer listed
        ("Facebook gains", None, ["META"]),  # names in use
    ],
)
def test_a_name_means_who_had_it_when_the_text_was_published(text: str, when: datetime, found: list[str]) -> None:
    assert [one.ticker for one in link(text, when)] == found


def test_a_day_is_a_day_in_utc() -> None:
    """An evening in New York is the next day already."""
    evening = datetime.fromisoformat("2022-06-08T21:00:00-04:00")
    assert tickers("Meta Platforms gains", evening) == ("META",)


def test_a_link_says_who_and_where() -> None:
    found = link("Shares of Apple Inc. fell", NOW)
    assert found == [Link("AAPL", "Apple Inc", (10, 19), "Apple Inc", found[0].confidence)]
    assert 0.9 < found[0].confidence <= 1


def test_a_text_calls_a_company_by_name_rather_than_by_symbol() -> None:
    assert spoken(link("$AAPL: Apple and $MSFT fall", NOW)) == {"AAPL": "Apple", "MSFT": "MSFT"}


OURS = [Entity("HWB", "Hartwell Bank", ("Hartwell",)), Entity("COR1", "Corwen Oil"), Entity("COR2", "Corwen Steel Ltd")]


def test_a_later_layer_outranks_an_earlier_one() -> None:
    both = Linker(Gazetteer([Entity("OLD", "Hartwell Bank"), Entity("HWB", "Gone")], OURS))
    assert both.tickers("Hartwell Bank and Gone") == ("HWB",)


def test_a_name_that_two_companies_share_is_nobodys_until_a_symbol_tells() -> None:
    shared = Linker(Gazetteer([Entity("AAA", "Corwen", ()), Entity("AAB", "Corwen plc", ("Corwen",))]))
    assert shared.tickers("A bad day for Corwen workers") == ()
    assert shared.tickers("A bad day for Corwen workers $AAB") == ("AAB",)


def test_what_somebody_lists_is_a_name_though_it_is_a_phrase_that_names_nobody() -> None:
    assert Linker(Gazetteer([Entity("NDX", "Nasdaq")])).tickers("Buyers of Nasdaq shares") == ("NDX",)


def test_the_ticker_of_another_exchange_is_the_same_company() -> None:
    ours = Linker(Gazetteer([Entity("HWB", "Hartwell Bank", symbols=("HWB.L", "HWBKY"))]))
    assert ours.tickers("(LSE: HWB) and $HWBKY and HWB.L") == ("HWB",)


def test_one_text_names_fifty_tickers_at_most() -> None:
    letters = "ABCDEFGHIJ"
    assert len(tickers(" ".join(f"$Q{a}{b}" for a in letters for b in letters))) == 50


@settings(deadline=None)  # a busy machine is no failure
@given(HOSTILE)
@example("\u202eelppA$ Apple \u202c")
@example("İ" * 50 + "Apple")  # longer when it is made small
def test_any_text_is_linked_without_a_crash_and_within_itself(text: str) -> None:
    found = link(text, NOW, threshold=0)
    assert all(text[one.span[0] : one.span[1]] == one.surface != "" and 0 <= one.confidence <= 1 for one in found)
    assert all(before.span[1] <= after.span[0] for before, after in pairwise(found))


@pytest.mark.parametrize("piece", ["$AAPL ", "Apple's ", "NYSE: ", "<AAPL", "\U0001f600", "شركة "])
def test_a_megabyte_is_read_no_further_than_the_longest_reports(piece: str) -> None:
    """Quadratic work would take minutes here and run into the suite's timeout."""
    found = link(piece * (1_000_000 // len(piece.encode())), NOW)
    assert all(one.span[1] <= 100_000 for one in found)


def test_a_ticker_that_floods_is_named_once() -> None:
    assert tickers("$AAPL Apple AAPL " * 3000) == ("AAPL",)
