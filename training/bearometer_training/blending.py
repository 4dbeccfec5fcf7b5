"""Weights on the way from what a model knew to what it has learnt since: WiSE-FT (Wortsman et al. 2022).

Training further costs some of what was known; part of the way back is most of that, and little of the gain.
"""

from collections.abc import Mapping

import torch

from bearometer_training.model import Heads


@torch.no_grad()
def blend(model: Heads, before: Mapping[str, torch.Tensor], share: float) -> Heads:
    """Moves each weight of `model`, in place, to `share` of its way from `before`: 0 is how it was, 1 how it is."""
    for name, weight in model.state_dict().items():
        if weight.is_floating_point():
            weight.copy_(before[name].lerp(weight, share))
    return model
