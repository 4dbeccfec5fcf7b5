"""The lists of companies: the default one, and CSV that people write."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from bearometer_shared.entities import Entity, default, default_linker
from bearometer_shared.entities.entity import read_csv
from bearometer_shared.entities.legal import forms
from bearometer_shared.errors import UserError

HEAD = "ticker,name,aliases,valid_from,valid_to,sector"


def test_the_default_list_holds_the_large_companies_once() -> None:
    gazetteer = default_linker().gazetteer
    assert len(gazetteer.entities) > 1500
    rows = [row for row in gazetteer.entities if row.valid(None)]
    assert len({row.ticker for row in rows}) == len(rows)
    for symbol, ticker in (
        ("AAPL", "AAPL"),
        ("BRK-B", "BRK.B"),
        ("VOD.L", "VOD"),
        ("SIE.DE", "SIE.DE"),
        ("VOD", "VOD"),
    ):
        assert (found := gazetteer.by_symbol(symbol, None)) and found.ticker == ticker


def test_our_own_list_keeps_the_sector_that_the_package_knows() -> None:
    rows = {row.ticker: row for row in default_linker().gazetteer.entities}
    assert rows["JPM"].sector == "Financials"
    assert rows["META"].sector == "Communication Services"


def test_the_rows_of_our_own_list_never_overlap_in_time() -> None:
    by_ticker: dict[str, list[Entity]] = {}
    for row in default.own():
        by_ticker.setdefault(row.ticker, []).append(row)
    for rows in by_ticker.values():
        days = [(row.valid_from or date.min, row.valid_to or date.max) for row in rows]
        assert all(a[1] < b[0] for a, b in pairwise(sorted(days))), rows


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Apple Inc.", "Apple"),
        ("Merck & Co.", "Merck"),
        ("Eli Lilly and Company", "Eli Lilly"),
        ("The Coca-Cola Company", "Coca-Cola"),
        ("Solvay S.A.", "Solvay"),
        ("PTC (software company)", "PTC"),
        ("Palantir Technologies", "Palantir"),
        ("Bank of America", None),
        ("Inc", None),
    ],
)
def test_texts_leave_legal_forms_and_descriptions_out(name: str, short: str | None) -> None:
    assert forms(name)[-1].text == (short or name)


def test_a_csv_is_read_whatever_columns_it_leaves_out() -> None:
    text = f"{HEAD}\nfb,Facebook,Instagram; WhatsApp;,2012-05-18,2021-10-27,Media\n"
    row = Entity("FB", "Facebook", ("Instagram", "WhatsApp"), (), date(2012, 5, 18), date(2021, 10, 27), "Media")
    assert read_csv(text.splitlines(), "f") == [row]
    assert read_csv(["name,ticker", '"Hartwell, Bank",HWB'], "f") == [Entity("HWB", "Hartwell, Bank")]
    assert read_csv([HEAD], "f") == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "f: no column name"),
        ("ticker,names\nA,B", "f: no column name"),
        (f"{HEAD}\n,Hartwell", "f:2: a row needs"),
        (f"{HEAD}\nHWB,", "f:2: a row needs"),
        (f"{HEAD}\nHART WELL,Hartwell", "f:2: a row needs"),
        (f"{HEAD}\nHWB,Hartwell,,yesterday", "f:2: valid_from: 'yesterday' is no ISO 8601 day"),
        (f"{HEAD}\nHWB,Hartwell,,2022-01-02,2022-01-01", "f:2: valid_from 2022-01-02 is after"),
        (f"{HEAD}\nHWB,{'H' * 201}", "f:2: name: longer than 200"),
        (f'{HEAD}\nHWB,"Hartwell', "f:2: unexpected end of data"),
        (f"{HEAD}\nHWB,{'H' * 200_000}", "f:2: field larger"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(text: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        read_csv(text.splitlines(), "f")


def test_lists_are_in_order_so_that_changes_to_them_can_be_read() -> None:
    for name in ("words", "otherwise_capital", "abbreviations", "not_companies"):
        content = (Path(default.__file__).parent / "lists" / f"{name}.txt").read_text("utf-8")
        found = content.splitlines() if name == "not_companies" else content.split()
        assert found == sorted(set(found))
