"""The benchmark of trends: its two ways give the same answers. How fast is for the benchmark to say."""

from bearometer_cli.bench.trends import questions, trends


def test_a_small_table_is_filled_and_asked_both_ways() -> None:
    figures = trends(3000, lambda line: None, rounds=1)
    assert figures["trends_rows"] > figures["items"]
    assert figures["questions"].keys() == questions().keys()
