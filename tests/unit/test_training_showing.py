"""How far a run is, where nobody sees a bar."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from bearometer_training import curves, showing
from bearometer_training.settings import Progress


def test_a_log_has_a_line_at_the_start_and_one_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr(showing, "time", SimpleNamespace(monotonic=lambda: now))
    with showing.progress(tmp_path) as reports:
        reports.teachers(16, 64)
        for step in range(1, 8):
            reports.training(Progress(step, 8, 1 / step, 20.0 * (8 - step)))
            now += 20.0
    assert capsys.readouterr().err.splitlines() == [
        "teachers 16/64 texts",
        "training 1/8 loss 1.00, 140 s left",
        "training 4/8 loss 0.25, 80 s left",
        "training 7/8 loss 0.14, 20 s left",
    ]
    assert list((tmp_path / curves.FOLDER).iterdir()), "the curves have every step"
