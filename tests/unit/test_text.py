"""Cleaning of strangers' text, and the tickers that are read from it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bearometer_shared.entities import tickers
from bearometer_shared.text import about, clean, model_text, printable

# Pieces that make markup when they meet; plain text alone would hardly ever.
PIECES = st.sampled_from(
    [
        "<",
        ">",
        "&",
        ";",
        "amp",
        "lt",
        "#60",
        "script",
        "b",
        "/",
        "!--",
        "--",
        " ",
        "\u200b",
        "é",
        "e\u0301",
        "\0",
        "\ud800",
    ]
)
HOSTILE = st.one_of(st.text(st.characters()), st.lists(PIECES, max_size=40).map("".join))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("AT&amp;T &lt;b&gt;up&lt;/b&gt;", "AT&T up"),  # feeds escape twice
        ("<p>Shares <b>fall</b></p>", "Shares fall"),
        ("Fed holds<script>alert('x')</script>", "Fed holds"),
        ("Fed holds<script>alert('x')", "Fed holds"),
        ("Fed <!-- not shown --> holds", "Fed holds"),
        ('Fed<svg onload="x()"> holds', "Fed holds"),
        ("a\tb\r\n c\u2028d\x1ce", "a b c d e"),
        ("nul\0byte", "nul byte"),
        ("pay\u202epal \ufeffco\u00adop\u200b", "paypal coop"),
        ("half \ud83d of a pair", "half ? of a pair"),
        ("cafe\u0301", "café"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
    ],
)
def test_clean_leaves_the_words_and_nothing_else(written: str, read: str) -> None:
    assert clean(written) == read


def test_a_wires_ticker_in_angle_brackets_is_no_markup() -> None:
    assert clean("STANDARD OIL <SRD> TO FORM UNIT") == "STANDARD OIL <SRD> TO FORM UNIT"


@pytest.mark.parametrize("piece", ["<script ", "<!--", "&amp;", "<a <", "<a b=", "&#9", "&lt;b&gt;", "</script "])
def test_a_million_hostile_characters_take_linear_time(piece: str) -> None:
    """Quadratic work would take minutes here and run into the suite's timeout."""
    clean(piece * (1_000_000 // len(piece)))


def test_a_reference_with_thousands_of_digits_is_no_crash() -> None:
    assert clean(f"a &#{'9' * 5000}; b") == "a b"
    assert model_text(f"a &#{'9' * 5000}; b") == "a b"


@settings(deadline=None)  # a busy machine is no failure
@given(HOSTILE)
@example("&amp;" * 50 + "lt;b&gt;")
@example("<a <a <a <a <a <a <a <a <a <a <a > > > > > > > > > > >")
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    """The scorer cleans again what ingest has cleaned: ids and hashes must not change by that."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert printable(cleaned) == cleaned
    cleaned.encode()


@settings(deadline=None)  # a busy machine is no failure
@given(HOSTILE)
def test_printable_text_is_safe_to_print(text: str) -> None:
    assert printable(text).isprintable()


def test_the_model_reads_the_title_without_links_or_else_the_lead() -> None:
    assert model_text("Fed holds https://t.co/x rates", "unused") == "Fed holds rates"
    assert model_text("", "The lead") == "The lead"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$AAPL and $BRK.B fall, $AAPL most", ("AAPL", "BRK.B")),
        ("Hartwell Bank (NYSE: HWB) halts; (NASDAQ:AAPL) rises", ("HWB", "AAPL")),
        ("(TSX: 7203) before $X", ("7203", "X")),
        ("costs $5 or $5M, email a$b, $$AAPL, $toolong", ()),
        ("$AAPLE1 is none, $ABCDEF neither", ()),
    ],
)
def test_tickers_are_read_only_where_they_are_unambiguous(text: str, found: tuple[str, ...]) -> None:
    assert tickers(text) == found


def test_the_key_of_everything_reads_as_all_news() -> None:
    assert [about("all", "all"), about("ticker", "CRWB")] == ["all news", "ticker CRWB"]
