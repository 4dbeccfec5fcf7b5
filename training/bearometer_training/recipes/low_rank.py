"""Low-rank updates of every projection, by Hugging Face's peft: LoRA (Hu et al. 2021), AdaLoRA (Zhang et al. 2023)."""

from typing import Any

import torch
from peft import AdaLoraConfig, AdaLoraModel, LoraConfig, LoraModel

from bearometer_training.model import Heads

RANK = 16
FIRST_RANK = 24  # AdaLoRA starts above its mean rank and gives up what matters least
ORTHOGONALITY = 0.1
NAME = "low_rank"  # of the tensors while they are apart from the weights


def attach_lora(model: Heads, steps: int) -> None:
    """Rank 16, scaled by 2, in all projections of attention and feed-forward."""
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.05, target_modules="all-linear")
    _wrap(model, LoraModel, config)


def attach_adalora(model: Heads, steps: int) -> None:
    """Singular-value form: a tenth of `steps` at rank 24, ranks fall to 16 in the mean, the last third keeps them."""
    total = max(steps, 1)
    config = AdaLoraConfig(
        init_r=FIRST_RANK,
        target_r=RANK,
        lora_alpha=2 * FIRST_RANK,  # peft divides by the first rank, so the update is scaled by 2
        lora_dropout=0.05,
        target_modules="all-linear",
        total_step=total,
        tinit=total // 10,
        tfinal=total // 3,
        deltaT=max(total // 100, 1),
    )
    _wrap(model, AdaLoraModel, config)


def _wrap(model: Heads, tuner: Any, config: LoraConfig) -> None:
    """peft's tuner in the encoder's place; it answers as what it wraps. peft leaves one of the two untyped."""
    model.encoder = tuner(model.encoder, config, NAME)


def merge(model: Heads) -> Heads:
    """The weights with their update added; the model itself where it has none."""
    if isinstance(model.encoder, LoraModel):  # AdaLoRA's is one too
        model.encoder = model.encoder.merge_and_unload()
    return model


def penalty(model: Heads) -> torch.Tensor:
    """The mean distance of AdaLoRA's factors from orthogonal matrices, weighted (Zhang et al. 2023, section 3.1)."""
    tuner = _adalora(model)
    if tuner is None:
        return model.sentiment.weight.new_zeros(())
    grams = [w @ w.T for name, w in tuner.named_parameters() if "lora_A" in name]
    grams += [w.T @ w for name, w in tuner.named_parameters() if "lora_B" in name]
    distances = [(gram - torch.eye(len(gram), device=gram.device)).norm() for gram in grams]
    return ORTHOGONALITY * torch.stack(distances).mean()


def after_step(model: Heads, step: int) -> None:
    """AdaLoRA's allocation. A run that resumed near its end lost the importances: it ranks by this step's."""
    tuner = _adalora(model)
    if tuner is None:
        return
    config, allocator = tuner.peft_config[NAME], tuner.rankallocator
    if step > config.total_step - config.tfinal and config.rank_pattern is None:
        allocator.update_ipt(tuner.model)
        config.rank_pattern = allocator.mask_to_budget(tuner.model, allocator.target_bgt)
    tuner.update_and_allocate(step)


def _adalora(model: Heads) -> Any:
    """AdaLoRA's tuner, which peft leaves untyped, or None."""
    return model.encoder if isinstance(model.encoder, AdaLoraModel) else None
