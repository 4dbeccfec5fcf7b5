"""What each of several processes does that `torchrun` starts together; it leaves what it saw in a folder.

torchrun --nproc-per-node 2 tests/together.py OUT TEACHER
"""

import json
import os
import sys
from pathlib import Path

import tiny_bert
import torch

from bearometer_training import base, checkpoint, model, placing, showing, teacher
from bearometer_training.examples import Example
from bearometer_training.settings import Settings
from bearometer_training.train import Run

HOW = Settings(epochs=2, batch=6, rate=5e-3, warmup=0.0, average=0.9)
WORDS = ["negative", "neutral", "positive", *"abcdefghijklmnopqrs"]


def main(out: Path, teachers: list[Path]) -> None:
    """Trains a small model as `train` does, batch by batch, and notes its texts and where the weights ended."""
    torch.set_num_threads(1)
    asked: list[tuple[int, int]] = []
    with showing.progress(out):
        news = [Example(f"{word} news") for word in WORDS]
        taught = teacher.teach(news, teachers, out, lambda *at: asked.append(at))
        run = Run(tiny_bert.heads(), model.reader(base.locate()), taught, HOW)
        shown = []
        for step, group in run.groups(0):
            run.step(step, group)
            shown.append([example.input for example in group])
    checkpoint.save(run.machine, out, step)
    ended = torch.cat([weight.detach().flatten() for weight in run.finish().parameters()]).double().sum()
    seen = {"steps": run.steps, "shown": shown, "ended": float(ended), "leads": placing.leads(), "asked": asked}
    (out / f"{os.environ['RANK']}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(sys.argv[2])])
