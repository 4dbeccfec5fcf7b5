"""From rows to what the model is shown, in batches."""

import random
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from bearometer_shared.taxonomy import TOPICS
from bearometer_training.augment import Augmentation
from bearometer_training.data import Row
from bearometer_training.examples import Example, batches, count, examples, hold_out
from bearometer_training.loss import IGNORE, Loss, labels, topic_weights

RIVALS = Row("Alpha wins what Beta lost in 2021", None, "Markets", (("Alpha", "positive"), ("Beta", "negative")))
ALONE = Row("Gamma sinks", None, None, (("Gamma", "negative"),))


def test_a_row_teaches_itself_and_a_pair_for_each_entity() -> None:
    assert examples([RIVALS]) == [
        Example(RIVALS.text, None, "Markets"),
        Example((RIVALS.text, "Alpha"), towards="positive"),
        Example((RIVALS.text, "Beta"), towards="negative"),
    ]


def test_entities_that_all_fare_alike_say_how_the_text_sounds() -> None:
    assert examples([ALONE])[0] == Example("Gamma sinks", "negative")
    assert examples([Row("Gamma sinks", "neutral", None, ALONE.entities)])[0].sentiment == "neutral"


def test_a_row_without_any_label_teaches_nothing() -> None:
    assert examples([Row("Nothing known")]) == []


def test_batches_hold_every_example_once_in_one_kind_and_of_like_length() -> None:
    found = examples([Row("x" * (n % 50 + 1) + str(n), "neutral") for n in range(203)] + [RIVALS] * 40)
    groups = list(batches(found, 32, random.Random(1)))  # noqa: S311 - an order, no secret
    assert sorted(str(e) for group in groups for e in group) == sorted(map(str, found))
    assert all(len({e.is_pair for e in group}) == 1 for group in groups)
    assert max(map(len, groups)) == 32
    assert len(groups) == count(found, 32)
    spread = [max(len(e.input) for e in g) - min(len(e.input) for e in g) for g in groups if not g[0].is_pair]
    assert max(spread) < 20


def test_what_is_held_out_is_not_taught() -> None:
    found = examples([Row(f"text {n}", "neutral") for n in range(100)])
    taught, held = hold_out(found, 0.2)
    assert len(held) == 20
    assert not {e.input for e in taught} & {e.input for e in held}


def test_an_alteration_keeps_the_label_the_year_and_the_direction_of_numbers() -> None:
    found = examples([RIVALS, Row("Profit rose to 12.5 from 9.25 in 2019", "positive")])
    augment = Augmentation(found, 1.0, random.Random(2))  # noqa: S311 - an order, no secret
    for _ in range(50):
        altered = augment(found[1])
        assert altered.sentiment == "positive"
        words = str(altered.input).split()
        assert words[-1] == "2019"
        assert float(words[3]) > float(words[5])


def test_a_number_with_thousands_is_one_number() -> None:
    found = examples([Row("Sales of 3,105.2 against 1,200", "positive")])
    augment = Augmentation(found, 1.0, random.Random(3))  # noqa: S311 - an order, no secret
    for _ in range(50):
        _, _, more, _, less = str(augment(found[0]).input).split()
        assert float(more.replace(",", "")) / float(less.replace(",", "")) == pytest.approx(3105.2 / 1200, rel=0.001)


def test_another_name_stands_in_both_parts_of_its_pair() -> None:
    found = examples([RIVALS, ALONE])
    augment = Augmentation(found, 1.0, random.Random(2))  # noqa: S311 - an order, no secret
    names = set()
    for _ in range(40):
        text, name = augment(found[2]).input
        assert name in text
        names.add(name)
    assert names == {"Alpha", "Gamma"}  # never Beta, who is in the text already


def test_nothing_is_altered_where_the_share_is_nought() -> None:
    found = examples([RIVALS])
    augment = Augmentation(found, 0.0, random.Random(2))  # noqa: S311 - an order, no secret
    assert [augment(e) for e in found] == found


def test_each_head_pays_only_for_the_labels_that_are_known() -> None:
    torch.manual_seed(1)
    logits = torch.randn(2, 3), torch.randn(2, len(TOPICS)), torch.randn(2, 3)
    loss = Loss(0.0, torch.ones(len(TOPICS)))
    nothing = [Example("a"), Example("b")]
    assert loss(logits, nothing).item() == 0
    one = loss(logits, [Example("a", "negative"), Example("b")]).item()
    assert one == pytest.approx(-torch.log_softmax(logits[0][0], 0)[0].item(), rel=1e-5)
    both = loss(logits, [Example("a", "negative", "Macro"), Example("b")]).item()
    assert both > one


def test_labels_of_lower_weight_cost_that_share_and_full_ones_what_they_did() -> None:
    torch.manual_seed(2)
    logits = torch.zeros(2, 3), torch.randn(2, len(TOPICS)), torch.zeros(2, 3)
    by_topic = torch.rand(len(TOPICS)) + 0.5
    rows = [Row("a", None, "Macro"), Row("b", None, "IPO")]
    wanted = torch.tensor([TOPICS.index("Macro"), TOPICS.index("IPO")])
    loss = Loss(0.05, by_topic)
    mean = cross_entropy(logits[1], wanted, by_topic, label_smoothing=0.05).item()
    assert loss(logits, examples(rows)).item() == pytest.approx(mean, rel=1e-5)
    quarter = loss(logits, examples([replace(row, weight=0.25) for row in rows])).item()
    assert quarter == pytest.approx(mean / 4, rel=1e-5)


def test_rare_topics_weigh_more_and_the_mean_weight_is_one() -> None:
    found = examples([Row(f"m{n}", None, "Macro") for n in range(90)] + [Row(f"i{n}", None, "IPO") for n in range(10)])
    weights = topic_weights(found, 0.5)
    macro, ipo = float(weights[TOPICS.index("Macro")]), float(weights[TOPICS.index("IPO")])
    assert ipo == pytest.approx(3 * macro)
    assert 0.9 * macro + 0.1 * ipo == pytest.approx(1.0)
    assert torch.equal(topic_weights(found, 0.0), torch.ones(len(TOPICS)))


def test_an_unknown_label_is_marked_for_cross_entropy_to_skip() -> None:
    group = [Example("a"), Example("b", sentiment="positive")]
    assert labels("sentiment", group).tolist() == [IGNORE, 2]
