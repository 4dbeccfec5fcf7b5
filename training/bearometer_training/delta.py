"""What fine-tuning added to a base, as int8 differences with one scale a row: a few MB instead of ninety.

Of a weight w trained from w0, `round((w - w0) / s)` is kept with s = max|w - w0| / 127 of its row. Tensors that the
base lacks (heads, adapters) are kept whole.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from bearometer_shared.errors import ArtifactError


def save(model: nn.Module, base: nn.Module, path: Path) -> None:
    """Writes the difference of two models; what the encoder shares with its base is stored quantized."""
    before, stored = base.state_dict(), dict[str, torch.Tensor]()
    for name, weight in model.state_dict().items():
        if not name.startswith("encoder.") or name not in before:
            stored[name] = weight.contiguous().clone()
        elif not torch.equal(weight, before[name]):
            stored[name + ":q"], stored[name + ":s"] = _quantize(weight - before[name])
    save_file(stored, path)


def apply(model: nn.Module, path: Path) -> None:
    """Adds a stored difference to a model that holds its base. Raises ArtifactError where the two don't fit."""
    try:
        stored, state = load_file(path), model.state_dict()
        for name, value in stored.items():
            kind = name[-2:]
            if kind == ":q":
                scale = stored[name[:-2] + ":s"]
                state[name[:-2]] = state[name[:-2]] + value.float() * scale.float()
            elif kind != ":s":
                state[name] = value
        model.load_state_dict(state)
    except Exception as error:
        raise ArtifactError(f"{path}: not a difference to this base: {error}") from error
    if any(not torch.isfinite(weight).all() for weight in model.parameters()):
        raise ArtifactError(f"{path}: holds weights that are not finite numbers")


def _quantize(difference: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    rows = difference.float().abs()
    scale = (rows.amax(dim=-1, keepdim=True) if rows.ndim > 1 else rows.max().reshape(1)) / 127
    scale = scale.clamp(min=1e-12)
    return (difference / scale).round().to(torch.int8), scale
