"""Every fine-tuning recipe: it learns, only what it should train moves, and what it leaves exports and restores."""

import copy
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tiny_bert
import torch
from torch.nn.functional import cross_entropy
from transformers import MPNetConfig, MPNetModel

from bearometer_shared.errors import UserError
from bearometer_shared.taxonomy import SENTIMENTS
from bearometer_training import base, data, recipes
from bearometer_training.data import Row
from bearometer_training.model import Heads, build, reader

pytestmark = pytest.mark.usefixtures("one_thread")

TWEETS = Path(__file__).parents[3] / "shared" / "data" / "twitter_sentiment" / "train.jsonl"
ALL = list(recipes.RECIPES)
STAYING = ["adapter", "prefix", "prompt"]


def mpnet() -> Heads:
    torch.manual_seed(3)
    sizes = {"hidden_size": tiny_bert.WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    encoder = MPNetModel(MPNetConfig(attn_implementation="eager", **sizes), add_pooling_layer=False)
    return Heads(encoder, tiny_bert.WIDTH)


@cache
def real() -> Heads:
    """The default base, read once: take copies."""
    torch.manual_seed(3)
    return build(base.locate())


def inputs(lengths: tuple[int, ...], entity: int = 2) -> dict[str, torch.Tensor]:
    """Random texts of these lengths, padded; the last `entity` tokens of each are its second part."""
    torch.manual_seed(5)
    ids = torch.randint(1000, 5000, (len(lengths), max(lengths)))
    places = torch.arange(max(lengths))[None]
    ends = torch.tensor(lengths)[:, None]
    mask = (places < ends).long()
    types = ((places >= ends - entity) & (places < ends)).long()
    return {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": types}


def moved(model: Heads) -> Heads:
    """As after training: every weight that learns is another."""
    torch.manual_seed(7)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn_like(weight)
    return model.eval()


def rows(each: int) -> list[Row]:
    """Real texts, as many of each sentiment."""
    if not TWEETS.is_file():
        pytest.skip("needs the labelled tweets under shared/data")
    found = data.read(TWEETS)
    return [row for label in SENTIMENTS for row in [r for r in found if r.sentiment == label][:each]]


def encoded(group: list[Row]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    arrays = reader(base.locate(), 32).arrays([row.text for row in group])
    wanted = torch.tensor([SENTIMENTS.index(row.sentiment) for row in group if row.sentiment])
    return {name: torch.from_numpy(array) for name, array in arrays.items()}, wanted


def teach(model: Heads, recipe: str, steps: int, batch: tuple[dict[str, torch.Tensor], torch.Tensor]) -> list[float]:
    """The loss at each of some steps on one batch, the recipe being attached."""
    model.train()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser, losses = torch.optim.AdamW(weights, recipes.rate(recipe)), []
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        loss = cross_entropy(model(**batch[0])[0], batch[1])
        (loss + recipes.penalty(model)).backward()
        optimiser.step()
        recipes.after_step(model, step)
        losses.append(loss.item())
    return losses


def answers(model: Heads, given: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    with torch.no_grad():
        return list(model.eval()(**given))


def same(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return all(torch.allclose(a, b, atol=1e-5) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("recipe", ALL)
def test_it_learns_from_real_texts_what_a_frozen_start_does_not_know(recipe: str) -> None:
    model, batch = recipes.attach(copy.deepcopy(real()), recipe, 8), encoded(rows(4))
    losses = teach(model, recipe, 8, batch)
    assert losses[-1] < 0.75 * losses[0]
    right = answers(recipes.merge(model), batch[0])[0].argmax(1) == batch[1]
    assert right.float().mean() > 0.6


@pytest.mark.parametrize(
    ("recipe", "learns"),
    [
        ("full", {"embeddings", "encoder"}),
        ("head", set()),
        ("adapter", {"down", "up", "LayerNorm"}),
        ("lora", {"lora_A", "lora_B"}),
        ("adalora", {"lora_A", "lora_B", "lora_E"}),
        ("prefix", {"prefix"}),
        ("prompt", {"prompt"}),
    ],
)
def test_only_what_the_recipe_trains_moves(recipe: str, learns: set[str]) -> None:
    model, batch = recipes.attach(tiny_bert.heads(), recipe, 3), (inputs((9, 6, 4), entity=0), torch.tensor([0, 1, 2]))
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    teach(model, recipe, 3, batch)
    after = dict(model.named_parameters())
    changed = {name for name, weight in after.items() if not torch.equal(weight, before[name])}
    assert {"sentiment.weight", "sentiment.bias"} <= changed
    inside = {name for name in changed if name.startswith("encoder.")}
    assert all(any(part in name.split(".") for part in learns) for name in inside)
    assert bool(inside) == bool(learns)
    assert not any("word_embeddings" in name for name in changed)


@pytest.mark.parametrize("recipe", ALL)
def test_the_heads_learn_and_the_count_says_how_much_does(recipe: str) -> None:
    model = recipes.attach(tiny_bert.heads(), recipe, 10)
    heads = sum(w.numel() for part in (model.sentiment, model.topic, model.entity) for w in part.parameters())
    whole = sum(weight.numel() for weight in model.parameters())
    words = model.encoder.get_input_embeddings().weight.numel()
    expected = {"head": heads, "full": whole - words}.get(recipe)
    found = recipes.trainable(model)
    assert found == expected if expected else heads < found < whole - words


@pytest.mark.parametrize("recipe", ["adapter", "lora", "adalora"])
def test_a_recipe_that_only_adds_to_the_weights_changes_no_answer_before_it_learns(recipe: str) -> None:
    model, given = tiny_bert.heads(), inputs((9, 6))
    before = answers(model, given)
    assert same(before, answers(recipes.attach(model, recipe, 10), given))


@pytest.mark.parametrize("recipe", ["lora", "adalora"])
def test_folding_leaves_a_plain_encoder_that_answers_the_same(recipe: str) -> None:
    model, given = moved(recipes.attach(tiny_bert.heads(), recipe, 10)), inputs((9, 6))
    before = answers(model, given)
    assert not same(before, answers(tiny_bert.heads(), given))
    merged = recipes.merge(model)
    assert same(before, answers(merged, given))
    assert merged.state_dict().keys() == tiny_bert.heads().state_dict().keys()


def test_adalora_ends_at_the_rank_that_it_aims_at() -> None:
    model, batch = (
        recipes.attach(tiny_bert.heads(), "adalora", 30),
        (inputs((9, 6, 4), entity=0), torch.tensor([0, 1, 2])),
    )
    teach(model, "adalora", 30, batch)
    ranks = [int((w != 0).sum()) for name, w in model.named_parameters() if "lora_E" in name]
    assert sum(ranks) <= recipes.low_rank.RANK * len(ranks)
    assert len(set(ranks)) > 1


def test_adalora_goes_on_where_a_run_resumed_after_its_allocation() -> None:
    model = recipes.attach(tiny_bert.heads(), "adalora", 9)
    model(**inputs((9, 6)))[0].sum().backward()
    recipes.after_step(model, 8)
    ranks = [int((w != 0).sum()) for name, w in model.named_parameters() if "lora_E" in name]
    assert sum(ranks) <= recipes.low_rank.RANK * len(ranks)


@pytest.mark.parametrize("recipe", ["prefix", "prompt"])
def test_the_mean_over_the_tokens_never_sees_virtual_ones_and_padding_changes_nothing(recipe: str) -> None:
    model = moved(recipes.attach(tiny_bert.heads(), recipe, 10))
    given = inputs((9, 5))
    with torch.no_grad():
        hidden = model.encoder(**given).last_hidden_state
    assert hidden.shape[:2] == given["input_ids"].shape
    alone = {name: array[1:, :5] for name, array in given.items()}
    assert same([logits[1:] for logits in answers(model, given)], answers(model, alone))


@pytest.mark.parametrize("recipe", STAYING)
def test_what_stays_with_the_encoder_is_restored_by_name(recipe: str) -> None:
    model, given = moved(recipes.attach(tiny_bert.heads(), recipe, 10)), inputs((9, 6))
    plain = tiny_bert.heads().state_dict()
    stored = {k: v for k, v in model.state_dict().items() if k not in plain or not torch.equal(v, plain[k])}
    assert plain.keys() < model.state_dict().keys()
    restored = recipes.restore(tiny_bert.heads(), recipe)
    restored.load_state_dict(stored, strict=False)
    assert same(answers(model, given), answers(restored, given))


@pytest.mark.parametrize("recipe", STAYING)
def test_what_stays_is_kept_when_training_goes_on_and_no_other_recipe_takes_over(recipe: str) -> None:
    model, given = moved(recipes.attach(tiny_bert.heads(), recipe, 10)), inputs((9, 6))
    before, learns = answers(model, given), recipes.trainable(model)
    again = recipes.attach(model, recipe, 10)
    assert same(before, answers(again, given))
    assert recipes.trainable(again) == learns
    with pytest.raises(UserError, match=f"carries its {recipe}"):
        recipes.attach(model, "full", 10)


@pytest.mark.parametrize("recipe", STAYING)
def test_its_graph_answers_as_the_model_does_at_any_length(recipe: str, tmp_path: Path) -> None:
    model = moved(recipes.attach(tiny_bert.heads(), recipe, 10))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter without dynamo is deprecated; it is the one that we use
        torch.onnx.export(
            copy.deepcopy(model),
            tuple(inputs((5, 4)).values()),
            str(tmp_path / "graph.onnx"),
            input_names=names,
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names},
            opset_version=17,
            dynamo=False,
        )
    graph = onnxruntime.InferenceSession(tmp_path / "graph.onnx", providers=["CPUExecutionProvider"])
    for lengths in ((3,), (17, 9, 4)):
        given = inputs(lengths)
        got = graph.run(None, {name: array.numpy() for name, array in given.items()})
        assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(answers(model, given), got, strict=True))


def test_mpnet_takes_every_recipe_but_prefix_which_says_so() -> None:
    for recipe in ALL:
        if recipe == "prefix":
            with pytest.raises(UserError, match="prefix: MPNetModel takes no keys and values"):
                recipes.attach(mpnet(), recipe, 10)
        else:
            found = answers(recipes.attach(mpnet(), recipe, 10), inputs((9, 6)))
            assert found[0].shape == (2, len(SENTIMENTS))


def test_a_recipe_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(UserError, match="unknown recipe 'magic'; known: full, head"):
        recipes.attach(tiny_bert.heads(), "magic", 10)
