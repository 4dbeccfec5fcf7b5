"""Figures that compare are marked, others are left alone; a model is asked as it was taught."""

import re

import pytest
import small_artifact
from hypothesis import given
from hypothesis import strategies as st

from bearometer_shared.inference import artifact
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.figures import READ, marked
from bearometer_training import base, model


@pytest.mark.parametrize(
    "text",
    [
        "Profit 12 mn ↑ vs 9 mn ↓",
        "Net loss -12m ↓ against -9m ↑",
        "Loss of EUR 0.6 mn ↓, compared with a profit of EUR 1.2 mn ↑",
        "Sales rose to 25 million ↑ euros from 9 ↓",
        "Net profit of EUR13.1mn ↑ (8.7 ↓)",
        "Sales of $1.1bn ↑ after $980m ↓",
        "EPS 12c ↑, consensus 9.5 cents ↓",
        "From 9 ↓ to 12 million ↑ euros",
        "The jobless rate was 4.1% = in May after 4.1 per cent = in April",
        "Sold 12,000 ↑ cars, up from 9,500 ↓, in 2024 as in 2023",
        "Revenue Rs 1,23,456 crore ↑ vs Rs 98,000 crore ↓",
        "Capex of SEK 1 200 m ↑; it was SEK 900 m ↓",
        "Profit 12 mn ↑ vs 9 mn ↓; fees of 100 mn ↓ where 120 mn ↑ were due",
        "Sees profit of 14 million =, as before; 14 million = was the plan",
    ],
)
def test_a_figure_is_marked_by_how_it_compares_to_the_nearest_of_its_kind(text: str) -> None:
    plain = text.replace(" ↑", "").replace(" ↓", "").replace(" =", "")
    assert marked(plain) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Profit of 12 million euros",
        "Cuts 1,200 jobs, shuts 30 stores and takes a $50 million charge",
        "Profit of $12 million and sales of EUR 9 million",
        "S&P 500 and Nasdaq 100 futures little changed",
        "Meets on 12 May and on June 14, at 9.30 am",
        "Annual report 2024, and that of 2023",
        "Guides to $12-15 billion",
        "A 5-year bond after the 10-year one",
        "Q3 and Q4, H1 and FY24, COVID-19 and the A-320",
        "Dec 5 P and Jan 35 P",
    ],
)
def test_what_does_not_compare_is_left_alone(text: str) -> None:
    assert marked(text) == text


@given(st.text(st.sampled_from("0123456789.,%$€- kmEURsa\n٣²")))
def test_nothing_but_marks_is_added(text: str) -> None:
    assert re.sub(" [↑↓=]", "", marked(text)) == text


def test_a_long_text_is_marked_where_a_model_reads_it() -> None:
    text = "Profit 12 mn vs 9 mn. " + "x" * READ + " Loss 3 mn vs 4 mn"
    assert marked(text) == text.replace("12 mn", "12 mn ↑").replace("9 mn", "9 mn ↓", 1)


def test_the_base_knows_the_marks() -> None:
    tokens = model.tokenizer(base.locate()).encode("12% ↑ = ↓").tokens
    assert tokens == ["[CLS]", "12", "%", "↑", "=", "↓", "[SEP]"]


def test_of_a_pair_the_text_is_marked_and_the_entity_is_not() -> None:
    reader = model.reader(base.locate())
    (row,) = reader.rows([("Profit 12 mn vs 9 mn", "Fund 12 vs 9")])
    assert row.ids == reader.tokenizer.encode("Profit 12 mn ↑ vs 9 mn ↓", "Fund 12 vs 9").ids


def test_a_model_that_was_taught_without_marks_is_asked_without(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = small_artifact.copy(tmp_path_factory.mktemp("artifact") / "old")
    manifest = artifact.verify(folder)
    text = "Ardent raises its profit forecast to 12 mn from 9 mn"
    small_artifact.rewrite(
        folder / artifact.MANIFEST, manifest.model_copy(update={"marks_figures": False}).model_dump_json().encode()
    )
    (with_marks,), (without,) = (Engine.load(at, threads=1).score([text]) for at in (small_artifact.folder(), folder))
    assert with_marks != without
    assert Engine.load(folder, threads=1).score([marked(text)]) == [with_marks]
