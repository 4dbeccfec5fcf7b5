"""Several processes that train one model, as on several GPUs; here on the CPU, by gloo instead of NCCL."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import small_artifact
import together
import torch

from bearometer_training import checkpoint


def test_two_processes_share_each_batch_and_end_with_one_model_after_as_many_steps(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [str(together.__file__), str(tmp_path), str(small_artifact.folder())]
    subprocess.run(command, check=True, timeout=240, capture_output=True)
    one, other = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert one["ended"] == other["ended"]
    assert (one["leads"], other["leads"]) == (True, False)
    assert (one["asked"], other["asked"]) == ([[22, 22]], [])
    read = Counter(text for seen in (one, other) for group in seen["shown"] for text in group)
    assert read == {f"{word} news": together.HOW.epochs for word in together.WORDS}
    steps = one["steps"]
    assert steps == 2 * 4  # of 22 texts in batches of six
    schedule = torch.load(tmp_path / checkpoint.NAME / "scheduler.bin")
    assert schedule["last_epoch"] == steps  # the rate fell once a batch, not once for each process
    assert len(list((tmp_path / "curves").iterdir())) == 1
