"""Where an encoder of the BERT family keeps its parts: BERT, RoBERTa, ELECTRA and their kin, and MPNet."""

from typing import Any

from torch import nn
from transformers import PreTrainedModel

from bearometer_shared.errors import UserError


def layers(encoder: PreTrainedModel) -> list[Any]:
    """The layers in order; `intermediate.dense` of each widens, `output.dense` narrows again. Raises UserError."""
    found = _stack(encoder)
    if not found or not all(hasattr(layer, "intermediate") for layer in found):
        raise UserError(f"{type(encoder).__name__} keeps its layers where we don't know them")
    return found


def attentions(encoder: PreTrainedModel) -> list[Any]:
    """The attention of each layer: `self.query`, `self.key`, `self.value`, `output.dense`.

    None where heads cannot be taken out alone: MPNet adds a bias for each of them.
    """
    found = [getattr(layer, "attention", None) for layer in _stack(encoder)]
    return [attention for attention in found if hasattr(attention, "self")]


def _stack(encoder: PreTrainedModel) -> list[Any]:
    """Typed as anything: the library leaves its parts untyped."""
    found = getattr(getattr(encoder, "encoder", None), "layer", None)
    return list(found) if isinstance(found, nn.ModuleList) else []
