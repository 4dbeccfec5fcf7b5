"""Who learns at which rate."""

import pytest
import torch
from transformers import BertConfig, BertModel

from bearometer_training import recipes
from bearometer_training.model import Heads
from bearometer_training.rates import rates

HEADS = 3 * 2  # weights and biases


@pytest.fixture
def model() -> Heads:
    config = BertConfig(vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    return Heads(BertModel(config, add_pooling_layer=False), 8)


def optimiser(model: Heads, recipe: str, head_rate: float) -> torch.optim.AdamW:
    return torch.optim.AdamW(rates(recipes.attach(model, recipe, 10), head_rate), 1e-4)


@pytest.mark.parametrize("recipe", ["full", "adapter"])
def test_heads_have_a_rate_of_their_own_and_all_that_learns_has_one(model: Heads, recipe: str) -> None:
    encoder, heads = optimiser(model, recipe, 1e-2).param_groups
    assert (encoder["lr"], heads["lr"], len(heads["params"])) == (1e-4, 1e-2, HEADS)
    assert len(encoder["params"]) + HEADS == sum(weight.requires_grad for weight in model.parameters())


def test_without_one_they_learn_as_the_encoder_does(model: Heads) -> None:
    (everything,) = optimiser(model, "full", 0.0).param_groups
    assert everything["lr"] == 1e-4


def test_where_nothing_else_learns_the_given_rate_is_theirs(model: Heads) -> None:
    (heads,) = optimiser(model, "head", 1e-2).param_groups
    assert (heads["lr"], len(heads["params"])) == (1e-4, HEADS)
