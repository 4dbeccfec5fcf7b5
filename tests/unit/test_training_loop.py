"""The loop and each measure against over-fitting, on a small random BERT."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_bert
import torch

from bearometer_shared.errors import UserError
from bearometer_shared.inference.encoding import Reader
from bearometer_training import base, calibrate, checkpoint, model, settings
from bearometer_training.adversary import Adversary
from bearometer_training.averaging import Average
from bearometer_training.data import Row
from bearometer_training.examples import examples
from bearometer_training.settings import Progress, Settings
from bearometer_training.stopping import EarlyStopping
from bearometer_training.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

WORDS = {"negative": "loss warning default", "neutral": "meeting agenda calendar", "positive": "profit record surge"}
ROWS = [
    Row(f"{name} {words}", label, "Earnings", ((name, label),))
    for name in ("Ardent", "Bexley", "Corvo", "Dunmore", "Eskil", "Farrow")
    for label, words in WORDS.items()
]
EXAMPLES = examples(ROWS)
PLAIN = Settings(epochs=4, batch=6, rate=5e-3, smoothing=0.0)


class StoppedError(Exception):
    """Raised by a report to end a run."""


@pytest.fixture(scope="module")
def reader() -> Reader:
    return model.reader(base.locate())


def weights(found: model.Heads) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in found.parameters()])


def losses(reader: Reader, how: Settings) -> list[float]:
    seen: list[Progress] = []
    train(tiny_bert.heads(), reader, EXAMPLES, how, seen.append)
    return [at.loss for at in seen]


@pytest.mark.parametrize(
    "measure",
    [
        {},
        {"average": 0.9},
        {"adversary": 0.5},
        {"adversary": 0.5, "attacks": 2},
        {"augment": 0.5},
        {"balance": 0.5},
        {"freeze": 1},
        {"accumulate": 2},
        {"patience": 2, "held_out": 0.2},
    ],
    ids=str,
)
def test_it_learns_with_each_measure(reader: Reader, measure: dict[str, float]) -> None:
    found = losses(reader, replace(PLAIN, **measure))
    assert sum(found[-5:]) < 0.7 * sum(found[:5])


def test_frozen_layers_stay_as_they_were(reader: Reader) -> None:
    before = dict(tiny_bert.heads().named_parameters())
    after = train(tiny_bert.heads(), reader, EXAMPLES, replace(PLAIN, epochs=1, freeze=1)).named_parameters()
    changed = {name for name, weight in after if not torch.equal(weight, before[name])}
    assert {name.partition(".1.")[0] for name in changed if name.startswith("encoder")} == {"encoder.encoder.layer"}
    assert {"sentiment.weight", "topic.weight", "entity.weight"} < changed


@pytest.mark.parametrize("count", [-1, 2, 3])
def test_a_base_cannot_freeze_whole(reader: Reader, count: int) -> None:
    with pytest.raises(UserError, match=f"freeze = {count}: this base has 2 layers"):
        train(tiny_bert.heads(), reader, EXAMPLES, replace(PLAIN, freeze=count))


def test_the_same_seed_gives_the_same_model(reader: Reader) -> None:
    one, other = (train(tiny_bert.heads(), reader, EXAMPLES, PLAIN) for _ in range(2))
    assert torch.equal(weights(one), weights(other))


def test_a_run_that_was_cut_off_goes_on_and_ends_as_if_it_had_not_been(reader: Reader, tmp_path: Path) -> None:
    how = replace(PLAIN, checkpoint_steps=4, average=0.9)
    whole = train(tiny_bert.heads(), reader, EXAMPLES, how)

    def stop(at: Progress) -> None:
        if at.step == 7:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(tiny_bert.heads(), reader, EXAMPLES, how, stop, tmp_path)
    steps: list[int] = []
    again = train(tiny_bert.heads(seed=9), reader, EXAMPLES, how, lambda at: steps.append(at.step), tmp_path)
    assert steps[0] == 5
    torch.testing.assert_close(weights(again), weights(whole))
    checkpoint.forget(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_killed_while_it_renamed_its_checkpoint_goes_on_from_it(reader: Reader, tmp_path: Path) -> None:
    how = replace(PLAIN, checkpoint_steps=4)
    train(tiny_bert.heads(), reader, EXAMPLES, how, folder=tmp_path)
    last = (tmp_path / checkpoint.NAME).rename(tmp_path / checkpoint.DRAFT)
    kept = json.loads((last / checkpoint.STEP).read_text())["step"]
    steps: list[int] = []
    train(tiny_bert.heads(), reader, EXAMPLES, replace(how, epochs=5), lambda at: steps.append(at.step), tmp_path)
    assert steps[0] == kept + 1
    (tmp_path / checkpoint.NAME).rename(last)
    (last / checkpoint.STEP).unlink()  # killed before: not whole
    steps.clear()
    train(tiny_bert.heads(), reader, EXAMPLES, replace(how, epochs=1), lambda at: steps.append(at.step), tmp_path)
    assert steps[0] == 1
    checkpoint.forget(tmp_path)
    assert not list(tmp_path.iterdir())


def test_patience_ends_a_run_that_gets_no_better(reader: Reader) -> None:
    hopeless = replace(PLAIN, epochs=30, rate=1e-9, patience=2, held_out=0.2)
    assert len(losses(reader, hopeless)) < 30 * 8


def test_the_best_weights_come_back() -> None:
    found = tiny_bert.heads()
    stopping, best = EarlyStopping(found, patience=2), weights(found).clone()
    assert not stopping.is_over(0.5)
    torch.nn.init.zeros_(found.topic.weight)
    assert not stopping.is_over(0.6)
    assert stopping.is_over(0.7)
    stopping.restore()
    assert torch.equal(weights(found), best)


def test_a_run_that_goes_on_still_knows_its_best_weights() -> None:
    found = tiny_bert.heads()
    before, best = EarlyStopping(found, patience=1), weights(found).clone()
    before.is_over(0.5)
    torch.nn.init.zeros_(found.topic.weight)
    after = EarlyStopping(found, patience=1)
    after.load_state_dict(before.state_dict())
    assert after.is_over(0.6)
    after.restore()
    assert torch.equal(weights(found), best)


def test_the_average_lies_between_the_weights_it_saw() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    average = Average([weight], decay=0.5)
    for value in (0.0, 1.0, 1.0):
        weight.data.fill_(value)
        average.update()
    average.apply()
    assert 0.5 < weight.item() < 1.0


def test_the_attack_raises_the_loss_and_leaves_no_trace() -> None:
    found = tiny_bert.heads().train()
    found.encoder.eval()  # no dropout: the losses can be compared
    adversary = Adversary(found.embeddings().train(), epsilon=2.0, steps=1)
    found.embeddings().dropout.eval()
    batch = {"input_ids": torch.tensor([[101, 2023, 2003, 102]])}
    batch |= {"attention_mask": torch.ones(1, 4).long(), "token_type_ids": torch.zeros(1, 4).long()}
    seen: list[float] = []

    def loss() -> torch.Tensor:
        cost = torch.nn.functional.cross_entropy(found.sentiment(_pooled(found, batch)), torch.tensor([0]))
        seen.append(cost.item())
        return cost

    loss().backward()
    adversary.attack(loss, lambda cost: cost.backward())
    loss()
    plain, attacked, after = seen
    assert attacked > plain
    assert after == pytest.approx(plain)


def _pooled(found: model.Heads, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    hidden: torch.Tensor = found.encoder(**batch).last_hidden_state
    return hidden.mean(1)


def test_a_temperature_cools_a_model_that_is_too_sure(reader: Reader) -> None:
    found = tiny_bert.heads().eval()
    with torch.no_grad():
        found.sentiment.weight.mul_(50)
    rows = [Row(f"text number {n}", ("negative", "neutral", "positive")[n % 3]) for n in range(60)]
    temperatures = calibrate.temperatures(found, reader, rows)
    assert temperatures["sentiment"] > 2
    assert temperatures["topic"] == temperatures["entity"] == 1.0


def test_settings_from_a_file_are_checked_by_name_and_type(tmp_path: Path) -> None:
    file = tmp_path / "how.toml"
    file.write_text('recipe = "lora"\nrate = 1\nepochs = 2\n')
    assert settings.from_file(file) == replace(Settings(), recipe="lora", rate=1, epochs=2)
    file.write_text("mark_figures = false")
    assert settings.from_file(file, replace(Settings(), head_rate=0)) == replace(
        Settings(), head_rate=0, mark_figures=False
    )
    for text, reason in [
        ("mark_figures = 1", "not a bool"),
        ("epochs = true", "not a int"),
        ("epoch = 2", "unknown setting 'epoch'"),
        ('epochs = "2"', "not a int"),
        ("=", "how.toml"),
    ]:
        file.write_text(text)
        with pytest.raises(UserError, match=reason):
            settings.from_file(file)
