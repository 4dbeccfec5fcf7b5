"""Weights between a model as it was and as it is."""

import pytest
import tiny_bert
import torch

from bearometer_training.blending import blend


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_each_weight_goes_its_share_of_the_way(share: float) -> None:
    before, after = tiny_bert.heads(1).state_dict(), tiny_bert.heads(2).state_dict()
    found = tiny_bert.heads(2)
    assert blend(found, before, share) is found
    for name, weight in found.state_dict().items():
        torch.testing.assert_close(weight, (1 - share) * before[name] + share * after[name])
