"""A smaller base: what is taken out, what must not change by it, and that it is a base again."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import small_artifact
import tiny_bert
import torch
import typer
from transformers import MPNetConfig, MPNetModel, PreTrainedModel
from typer.testing import CliRunner, Result

from bearometer_shared.errors import UserError
from bearometer_training import base, model, train
from bearometer_training.examples import examples
from bearometer_training.shrink import Sizes, anatomy, feed_forward, heads, importance, layers, shrink
from bearometer_training.shrink.importance import Measured
from bearometer_training.shrink_command import shrink as command

pytestmark = pytest.mark.usefixtures("one_thread")

TEXTS = ["profit up", "loss widens at a maker of valves", "bank halts withdrawals", "oil falls as stocks build"]


def measure(encoder: PreTrainedModel) -> importance.Measure:
    tokenizer = model.tokenizer(base.locate())
    return lambda projections, width: importance.measure(encoder, tokenizer, projections, width, TEXTS)


@torch.no_grad()
def answers(encoder: PreTrainedModel) -> torch.Tensor:
    ids = torch.tensor([model.tokenizer(base.locate()).encode(TEXTS[1]).ids])
    found: torch.Tensor = encoder.eval()(ids).last_hidden_state
    return found


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A tiny random BERT of two layers, two heads and 64 neurons as a base folder."""
    return as_base(tiny_bert.heads().encoder, tmp_path / "tiny")


def as_base(encoder: PreTrainedModel, folder: Path) -> Path:
    encoder.save_pretrained(folder)
    shutil.copy(base.locate() / "tokenizer.json", folder)
    return folder


@pytest.mark.parametrize(
    ("count", "wanted", "kept"),
    [
        (6, 3, [0, 2, 5]),
        (6, 4, [0, 2, 3, 5]),
        (12, 6, [0, 2, 4, 7, 9, 11]),
        (6, 2, [0, 5]),
        (6, 1, [0]),
        (3, 3, [0, 1, 2]),
    ],
)
def test_layers_that_stay_are_evenly_spaced_with_the_first_and_the_last(
    count: int, wanted: int, kept: Sequence[int]
) -> None:
    assert layers.spaced(count, wanted) == kept


def test_dropped_layers_are_gone_and_the_others_are_as_they_were() -> None:
    encoder = tiny_bert.heads().encoder
    first = encoder.get_parameter("encoder.layer.0.output.dense.weight")
    assert layers.drop(encoder, 1) == [0]
    assert encoder.config.num_hidden_layers == 1
    assert encoder.get_parameter("encoder.layer.0.output.dense.weight") is first
    assert not any("layer.1." in name for name in encoder.state_dict())


def test_a_neuron_that_always_says_the_same_goes_without_a_trace() -> None:
    encoder = tiny_bert.heads().encoder
    with torch.no_grad():
        for layer in (0, 1):
            encoder.get_parameter(f"encoder.layer.{layer}.intermediate.dense.weight")[10:30] = 0.0
            encoder.get_parameter(f"encoder.layer.{layer}.intermediate.dense.bias")[10:30] = 2.0
    before = answers(encoder)
    feed_forward.narrow(encoder, 64 - 20, measure(encoder))
    assert encoder.get_parameter("encoder.layer.0.output.dense.weight").shape == (32, 44)
    assert torch.allclose(answers(encoder), before, atol=1e-5)


def test_a_head_that_always_says_the_same_falls_silent_without_a_trace() -> None:
    encoder = tiny_bert.heads().encoder
    with torch.no_grad():
        for layer in (0, 1):
            encoder.get_parameter(f"encoder.layer.{layer}.attention.self.value.weight")[:16] = 0.0
            encoder.get_parameter(f"encoder.layer.{layer}.attention.self.value.bias")[:16] = 1.0
    before = answers(encoder)
    heads.silence(encoder, 1, measure(encoder))
    assert heads.speaking(encoder) == 1
    assert torch.allclose(answers(encoder), before, atol=1e-5)


def test_what_moves_the_mean_vector_most_is_what_stays() -> None:
    encoder = tiny_bert.heads().encoder
    with torch.no_grad():
        encoder.get_parameter("encoder.layer.1.output.dense.weight")[:, [3, 60]] *= 100
    (measured,) = measure(encoder)([anatomy.layers(encoder)[1].output.dense], 1)
    assert measured.best(2).tolist() == [3, 60]


def _by_number(projections: Sequence[torch.nn.Linear], width: int) -> list[Measured]:
    """Without looking: later parts matter more."""
    return [Measured(torch.zeros(p.in_features), torch.arange(p.in_features // width)) for p in projections]


def test_taking_silent_heads_out_changes_no_answer_and_saves_their_weights() -> None:
    encoder = tiny_bert.heads().encoder
    heads.silence(encoder, 1, _by_number)
    before = answers(encoder)
    heads.remove_silent(encoder)
    assert encoder.get_parameter("encoder.layer.0.attention.self.query.weight").shape == (16, 32)
    assert encoder.get_parameter("encoder.layer.0.attention.output.dense.weight").shape == (32, 16)
    assert torch.allclose(answers(encoder), before, atol=1e-6)


def test_full_training_moves_the_model_and_leaves_silent_heads_silent() -> None:
    found = tiny_bert.heads()
    heads.silence(found.encoder, 1, _by_number)
    before = found.encoder.get_parameter("encoder.layer.0.attention.self.value.weight").clone()
    taught, reader = examples(small_artifact.ROWS), model.reader(base.locate())
    train.train(found, reader, taught, train.Settings(epochs=2, batch=4, rate=1e-3, decay=0.1))
    after = found.encoder.get_parameter("encoder.layer.0.attention.self.value.weight")
    assert not torch.equal(before, after)
    assert heads.speaking(found.encoder) == 1


def test_the_smaller_folder_is_a_base_and_says_what_it_has(tiny: Path, tmp_path: Path) -> None:
    out, done = tmp_path / "out", list[tuple[int, int]]()
    facts = shrink(tiny, out, Sizes(layers=1, heads=1, feed_forward=40), TEXTS, lambda *where: done.append(where))
    assert (facts["before"]["layers"], facts["before"]["heads"], facts["before"]["feed_forward"]) == (2, 2, 64)
    assert (facts["after"]["layers"], facts["after"]["heads"], facts["after"]["feed_forward"]) == (1, 1, 40)
    assert facts["after"]["parameters"] < facts["before"]["parameters"]
    assert facts["layers_kept"] == [0]
    assert done[-1][0] == done[-1][1]
    again = model.build(base.locate(str(out))).encoder
    assert again.config.vocab_size == facts["after"]["tokens"] == model.tokenizer(out).get_vocab_size() < 3000
    assert heads.speaking(again) == 1


def test_a_smaller_base_can_be_made_smaller_again(tiny: Path, tmp_path: Path) -> None:
    shrink(tiny, tmp_path / "once", Sizes(heads=1, feed_forward=40))
    facts = shrink(tmp_path / "once", tmp_path / "twice", Sizes(feed_forward=20))
    assert (facts["after"]["heads"], facts["after"]["feed_forward"]) == (1, 20)
    with pytest.raises(UserError, match="--heads 2: this base has 1"):
        shrink(tmp_path / "once", tmp_path / "more", Sizes(heads=2))


def test_an_mpnet_loses_layers_and_neurons_and_keeps_its_heads(tmp_path: Path) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    source = as_base(MPNetModel(MPNetConfig(vocab_size=30522, **sizes), add_pooling_layer=False), tmp_path / "mpnet")
    facts = shrink(source, tmp_path / "out", Sizes(layers=2, feed_forward=16))
    assert (facts["after"]["layers"], facts["after"]["feed_forward"]) == (2, 16)
    assert model.build(tmp_path / "out").encoder.config.intermediate_size == 16
    with pytest.raises(UserError, match="MPNetModel has none that can be taken out alone"):
        shrink(source, tmp_path / "other", Sizes(heads=1))


def run(*words: str | Path) -> Result:
    application = typer.Typer()
    application.command()(command)
    return CliRunner().invoke(application, [str(word) for word in words])


def test_the_command_prints_one_object_or_lines_for_a_person(tiny: Path, tmp_path: Path) -> None:
    news = tmp_path / "news.jsonl"
    news.write_text("".join(json.dumps({"title": text}) + "\n" for text in TEXTS))
    found = run("--base", tiny, "--out", tmp_path / "a", "--layers", "1", "--vocabulary", news, news, "--json")
    assert found.exit_code == 0, found.output
    facts = json.loads(found.stdout)
    assert set(facts) == {"before", "after", "layers_kept", "out"}
    assert facts["after"]["tokens"] < facts["before"]["tokens"]
    told = run("--base", tiny, "--out", tmp_path / "b", "--layers", "1").stdout
    assert "layers that stay: 1\n" in told
    assert f"--base {tmp_path / 'b'}" in told


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "what shall be smaller"),
        (["--layers", "2", "--keep-tokens", "500"], "name some with --vocabulary"),
        (["--layers", "9"], "--layers 9: this base has 2"),
        (["--feed-forward", "65"], "--feed-forward 65: this base has 64"),
        (["--vocabulary", "gone.jsonl"], "gone.jsonl: No such file"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing_behind(
    words: list[str], reason: str, tiny: Path, tmp_path: Path
) -> None:
    found = run("--base", tiny, "--out", tmp_path / "out", *words)
    assert isinstance(found.exception, UserError)
    assert reason in str(found.exception)
    assert not (tmp_path / "out").exists()


def test_a_folder_in_use_is_refused(tiny: Path) -> None:
    found = run("--base", tiny, "--out", tiny, "--layers", "1")
    assert "exists already" in str(found.exception)
