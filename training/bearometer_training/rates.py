"""Learning rates: fresh heads have far to go, the encoder under them has not."""

from typing import Any

from bearometer_training.model import HEADS, Heads


def rates(model: Heads, head_rate: float) -> list[dict[str, Any]]:
    """The weights that learn, as AdamW's groups: at its own rate, but for the heads of an encoder that learns too.

    At one rate for both, the encoder bends to heads that say nothing yet, and loses what it knew (Kumar et al. 2022;
    rates that differ by layer: Howard & Ruder 2018).
    """
    named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    heads = [weight for name, weight in named if name.startswith(HEADS)]
    if not head_rate or len(heads) == len(named):
        return [{"params": [weight for _, weight in named]}]
    encoder = [weight for name, weight in named if not name.startswith(HEADS)]
    return [{"params": encoder}, {"params": heads, "lr": head_rate}]
