"""How to train: every knob with its default, from the command line or a TOML file; and where a run is."""

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bearometer_shared.errors import UserError
from bearometer_shared.inference.artifact import Manifest


@dataclass(frozen=True, slots=True)
class Settings:
    """`rate` is AdamW's peak learning rate (0: the recipe's own), `warmup` the share of steps that reach it;
    `head_rate` is that of the heads (0: the same; so where nothing else learns).

    Zero switches a measure off: `freeze` is how many layers, from the lowest, learn nothing; `balance` weighs topics by
    n^-balance; `average` is the decay of the moving average of the weights; `adversary` the length of the embedding
    perturbation and `attacks` its steps (1: FGM, more: PGD); `augment` the share of examples shown altered; `drills`
    the generated rows that join each epoch; `patience` the epochs without gain on a held part (`held_out`) that end
    the run. `distil` is the teachers' share of the loss, where there are teachers; `blend` the share of the way from
    the artifact that is trained further to what became of it (1: all of it). `mark_figures`: figures are marked by how
    they compare, when it learns and when it serves.
    """

    recipe: str = "full"
    epochs: int = 3
    batch: int = 32
    accumulate: int = 1
    rate: float = 0.0
    head_rate: float = 1e-2
    warmup: float = 0.06
    decay: float = 0.01
    freeze: int = 0
    smoothing: float = 0.05
    balance: float = 0.0
    average: float = 0.0
    adversary: float = 0.0
    attacks: int = 1
    augment: float = 0.0
    drills: int = 0
    distil: float = 0.5
    blend: float = 1.0
    patience: int = 0
    held_out: float = 0.05
    max_tokens: int = 128
    mark_figures: bool = True
    checkpoint_steps: int = 500
    seed: int = 17


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: steps done and in all, the last loss, seconds that remain at this pace."""

    step: int
    steps: int
    loss: float
    remaining: float


def further(origin: Manifest) -> Settings:
    """The default for training an artifact further: its heads are no fresh ones, and it reads as it was taught."""
    return Settings(head_rate=0.0, max_tokens=origin.max_tokens, mark_figures=origin.marks_figures)


def from_file(path: Path, default: Settings = Settings()) -> Settings:
    """Settings from TOML, the rest by default. Raises UserError naming what is unknown or of another type."""
    try:
        found = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
    known = {field.name: field.default for field in fields(Settings)}
    for name, value in found.items():
        if name not in known:
            raise UserError(f"{path}: unknown setting {name!r}; known: {', '.join(known)}")
        if not isinstance(value, _accepted(known[name])) or isinstance(value, bool) != isinstance(known[name], bool):
            raise UserError(f"{path}: {name} = {value!r} is not a {type(known[name]).__name__}")
    return replace(default, **found)


def _accepted(default: object) -> tuple[type, ...]:
    return (int, float) if isinstance(default, float) else (type(default),)
