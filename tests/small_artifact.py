"""A real artifact, trained on a few dozen rows within seconds: made once a test run, never written to."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import torch

from bearometer_training import base, data, export, model, train
from bearometer_training.data import Row
from bearometer_training.examples import examples

GOOD = [f"{name} raises its profit forecast after strong sales" for name in ("Ardent", "Bexley", "Corvo", "Dunmore")]
BAD = [f"{name} warns of a loss and halts its dividend" for name in ("Ardent", "Bexley", "Corvo", "Dunmore")]
PLAIN = [f"{name} will publish its results on Tuesday" for name in ("Ardent", "Bexley", "Corvo", "Dunmore")]
ROWS = [
    *(Row(text, "positive", "Earnings") for text in GOOD),
    *(Row(text, "negative", "Dividend") for text in BAD),
    *(Row(text, "neutral", "Company | Product News") for text in PLAIN),
]
UNSEEN = [
    Row("Fenwick raises its profit forecast after strong exports", "positive"),
    Row("Fenwick warns of a loss and halts its buyback", "negative"),
    Row("Fenwick will publish its results on Friday", "neutral"),
]


@cache
def folder() -> Path:
    """The artifact of a model that was fine-tuned on ROWS."""
    torch.set_num_threads(1)
    home = Path(tempfile.mkdtemp(prefix="bearometer-test-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    source = base.locate()
    settings = train.Settings(epochs=6, batch=6, rate=3e-4, smoothing=0.0)
    trained = train.train(model.build(source), model.reader(source), examples(ROWS), settings)
    texts = [row.text for row in data.read(data.GOLDEN)[:40]]
    lineage = {"data_snapshot": data.snapshot(ROWS), "marks_figures": True}
    export.write(trained, home / "artifact", texts, base_name=base.DEFAULT, **lineage)
    return home / "artifact"


def copy(target: Path) -> Path:
    """The artifact again, as links: replace a file of it, never write into one."""
    shutil.copytree(folder(), target, copy_function=os.link)
    return target


def rewrite(path: Path, content: bytes) -> None:
    """Replaces a linked file by one of its own."""
    path.unlink()
    path.write_bytes(content)
