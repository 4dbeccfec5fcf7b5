"""What an ensemble may teach: only what all of it says, and each is sure of."""

from collections.abc import Sequence
from dataclasses import dataclass

from bearometer_retrainer import pseudo
from bearometer_shared.inference.engine import Opinion, Score
from bearometer_training.data import Row


@dataclass
class Version:
    """Says the same of every text."""

    said: Score

    def score(self, texts: Sequence[str]) -> list[Score]:
        return [self.said] * len(texts)

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        return []


def version(positive: int, topic: str, topic_p: int) -> Version:
    return Version(Score(0, 1_000_000 - positive, positive, topic, topic_p))


SURE = version(990_000, "Macro", 990_000)


def test_what_all_say_and_are_sure_of_is_a_label_head_by_head() -> None:
    assert pseudo.agreed([SURE, SURE], ["a"], 0.95) == [Row("a", "positive", "Macro")]
    assert pseudo.agreed([SURE, version(990_000, "Macro", 940_000)], ["a"], 0.95) == [Row("a", "positive", None)]
    assert pseudo.agreed([SURE, version(940_000, "Macro", 960_000)], ["a"], 0.95) == [Row("a", None, "Macro")]
    assert pseudo.agreed([SURE, version(10_000, "Earnings", 990_000)], ["a"], 0.95) == []


def test_without_texts_there_is_nothing_to_learn() -> None:
    assert pseudo.agreed([SURE, SURE], [], 0.95) == []
