"""The stored difference to a base: small, nearly exact, and refused where it doesn't fit."""

from pathlib import Path

import pytest
import torch
from torch import nn

from bearometer_shared.errors import ArtifactError
from bearometer_training import delta


class Tiny(nn.Module):
    """The shape of the real thing: an encoder that the base has, and a head that it lacks."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width))
        self.head = nn.Linear(width, 3)


def trained_from(base: Tiny) -> Tiny:
    model = Tiny()
    model.load_state_dict(base.state_dict())
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.05 * torch.randn_like(weight)
    return model


@pytest.fixture
def base() -> Tiny:
    torch.manual_seed(1)
    return Tiny()


def test_a_round_trip_is_off_by_at_most_half_a_quantum_of_each_row(base: Tiny, tmp_path: Path) -> None:
    model, restored = trained_from(base), Tiny()
    restored.load_state_dict(base.state_dict())
    delta.save(model, base, tmp_path / "delta")
    delta.apply(restored, tmp_path / "delta")
    for name, weight in model.encoder.named_parameters():
        moved = (weight - base.encoder.get_parameter(name)).abs()
        largest = moved.amax(-1, keepdim=True) if moved.ndim > 1 else moved.max()
        error = (restored.encoder.get_parameter(name) - weight).abs()
        assert (error <= largest / 127 * 0.51).all()


def test_heads_come_back_exactly(base: Tiny, tmp_path: Path) -> None:
    model, restored = trained_from(base), Tiny()
    delta.save(model, base, tmp_path / "delta")
    restored.load_state_dict(base.state_dict())
    delta.apply(restored, tmp_path / "delta")
    assert torch.equal(restored.head.weight, model.head.weight)


def test_a_difference_to_a_base_of_another_shape_is_refused(base: Tiny, tmp_path: Path) -> None:
    delta.save(trained_from(base), base, tmp_path / "delta")
    with pytest.raises(ArtifactError, match="not a difference to this base"):
        delta.apply(Tiny(width=4), tmp_path / "delta")


def test_weights_that_are_no_numbers_are_refused(base: Tiny, tmp_path: Path) -> None:
    model = trained_from(base)
    with torch.no_grad():
        model.encoder.get_parameter("0.weight")[0, 0] = float("nan")
    delta.save(model, base, tmp_path / "delta")
    with pytest.raises(ArtifactError, match="not finite"):
        delta.apply(base, tmp_path / "delta")


def test_a_file_that_was_cut_short_is_refused(base: Tiny, tmp_path: Path) -> None:
    delta.save(trained_from(base), base, tmp_path / "delta")
    (tmp_path / "delta").write_bytes((tmp_path / "delta").read_bytes()[:-10])
    with pytest.raises(ArtifactError, match="not a difference"):
        delta.apply(base, tmp_path / "delta")
