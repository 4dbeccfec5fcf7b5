"""Fewer layers: those that stay are evenly spaced, the first and the last among them.

DistilBERT (Sanh et al. 2019) takes every other layer of its teacher so; Sajjad et al. (2020) compare ways to drop.
"""

from torch import nn
from transformers import PreTrainedModel

from bearometer_training.shrink import anatomy


def spaced(count: int, wanted: int) -> list[int]:
    """The places of the layers that stay, of `count`. One alone is the first."""
    return [round(n * (count - 1) / max(wanted - 1, 1)) for n in range(wanted)]


def drop(encoder: PreTrainedModel, wanted: int) -> list[int]:
    """Leaves so many layers and returns which those are. Raises UserError as `anatomy.layers`."""
    found = anatomy.layers(encoder)
    kept = spaced(len(found), wanted)
    encoder.set_submodule("encoder.layer", nn.ModuleList(found[n] for n in kept))
    encoder.config.num_hidden_layers = wanted
    return kept
