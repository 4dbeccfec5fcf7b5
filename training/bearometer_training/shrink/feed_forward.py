"""Narrower feed-forward layers: the neurons that matter least are taken out, equally many in each layer.

What a neuron gave on average stays, in the bias. The configuration of any BERT names this width, so the result is
smaller as a file and in training too, which pruned heads are not.
"""

import torch
from torch import nn
from transformers import PreTrainedModel

from bearometer_training.shrink import anatomy
from bearometer_training.shrink.importance import Measure, Measured


def narrow(encoder: PreTrainedModel, neurons: int, measure: Measure) -> None:
    """Leaves so many neurons in each layer. Raises UserError where the layers are not where we know them."""
    layers = anatomy.layers(encoder)
    for layer, measured in zip(layers, measure([layer.output.dense for layer in layers], 1), strict=True):
        _narrow(layer.intermediate.dense, layer.output.dense, measured, neurons)
    encoder.config.intermediate_size = neurons


@torch.no_grad()
def _narrow(widening: nn.Linear, narrowing: nn.Linear, measured: Measured, neurons: int) -> None:
    kept = measured.best(neurons)
    lost = measured.average.index_fill(0, kept, 0.0)
    narrowing.bias.add_(narrowing.weight @ lost)
    narrowing.weight, narrowing.in_features = nn.Parameter(narrowing.weight[:, kept]), neurons
    widening.weight, widening.out_features = nn.Parameter(widening.weight[kept]), neurons
    widening.bias = nn.Parameter(widening.bias[kept])
