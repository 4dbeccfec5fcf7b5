"""Fine-tuning recipes, one name each: what they add to a model, what of it learns, and what stays frozen.

The heads always learn, and word embeddings never do. `lora` and `adalora` fold into the weights after training, so
what is stored and served is a plain encoder; `adapter`, `prefix` and `prompt` stay as further tensors of the encoder.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from bearometer_shared.errors import UserError
from bearometer_training.model import Heads
from bearometer_training.recipes import adapter, low_rank, virtual

__all__ = ["RECIPES", "Recipe", "after_step", "attach", "merge", "penalty", "rate", "restore", "trainable"]


@dataclass(frozen=True)
class Recipe:
    """`attach(model, steps)` adds to a frozen encoder; `rate` is AdamW's peak learning rate; `folds`: see above."""

    attach: Callable[[Heads, int], None]
    rate: float
    folds: bool = False


def _full(model: Heads, steps: int) -> None:
    model.encoder.requires_grad_(True)
    model.encoder.get_input_embeddings().weight.requires_grad_(False)


def _head(model: Heads, steps: int) -> None:
    """Nothing is added: the encoder is frozen."""


RECIPES = {
    "full": Recipe(_full, 1e-4),
    "head": Recipe(_head, 1e-2),
    "adapter": Recipe(adapter.attach, 1e-3),
    "lora": Recipe(low_rank.attach_lora, 1e-3, folds=True),
    "adalora": Recipe(low_rank.attach_adalora, 3e-3, folds=True),
    "prefix": Recipe(virtual.attach_prefix, 5e-3),
    "prompt": Recipe(virtual.attach_prompt, 1e-2),
}


def is_plain(recipe: str) -> bool:
    """Whether what the recipe leaves is a plain encoder."""
    return recipe in ("full", "head") or _find(recipe).folds


def attach(model: Heads, recipe: str, steps: int) -> Heads:
    """Adds what the recipe trains over `steps` updates, freezes the rest, and returns the same model.

    A model that carries the recipe's tensors already, being trained further, keeps them. Raises UserError where the
    recipe is unknown, the base cannot do it, or the model carries what another recipe left.
    """
    found, carried = _find(recipe), _carried(model)
    if carried not in (None, recipe):
        raise UserError(f"recipe {recipe}: this model carries its {carried}; train it further with recipe {carried}")
    model.encoder.requires_grad_(False)
    found.attach(model, steps)
    return model


def restore(model: Heads, recipe: str) -> Heads:
    """A fresh base made ready for the stored tensors of a trained model, whose recipe may have folded by then."""
    return model if _find(recipe).folds else attach(model, recipe, steps=0)


def rate(recipe: str) -> float:
    """A peak learning rate that suits the recipe. Raises UserError where it is unknown."""
    return _find(recipe).rate


def merge(model: Heads) -> Heads:
    """Folds LoRA and AdaLoRA into the weights, so that the encoder is a plain one again; else changes nothing."""
    return low_rank.merge(model)


def penalty(model: Heads) -> torch.Tensor:
    """A scalar to add to the loss: how far AdaLoRA's factors are from orthogonal; 0 for other recipes."""
    return low_rank.penalty(model)


def after_step(model: Heads, step: int) -> None:
    """Call after the optimiser's update number `step` (from 1), while its gradients are there: AdaLoRA shifts ranks."""
    low_rank.after_step(model, step)


def trainable(model: Heads) -> int:
    """How many numbers learn."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def _carried(model: Heads) -> str | None:
    """The recipe whose tensors stay with this encoder, if any."""
    return adapter.carried(model.encoder) or virtual.carried(model.encoder)


def _find(recipe: str) -> Recipe:
    if recipe not in RECIPES:
        raise UserError(f"unknown recipe {recipe!r}; known: {', '.join(RECIPES)}")
    return RECIPES[recipe]
