"""Freezing the lower layers, where a large base learns too slowly: general knowledge sits there (Lee et al. 2019)."""

from transformers import PreTrainedModel

from bearometer_shared.errors import UserError
from bearometer_training.shrink import anatomy


def freeze(encoder: PreTrainedModel, count: int) -> None:
    """Lets only the layers above the lowest `count` learn, so that no gradient goes further down; 0 changes nothing.

    Embeddings freeze too, and what all layers share. Raises UserError where no layer would be left.
    """
    if not count:
        return
    found = anatomy.layers(encoder)
    if not 0 < count < len(found):
        raise UserError(f"freeze = {count}: this base has {len(found)} layers, of which at least one must learn")
    learning = {id(weight) for layer in found[count:] for weight in layer.parameters()}
    for weight in encoder.parameters():
        weight.requires_grad_(weight.requires_grad and id(weight) in learning)
