"""Checkpoints of a training run: written whole or not at all, so that a killed run goes on from the last one."""

import json
import shutil
from pathlib import Path

from accelerate import Accelerator

NAME, DRAFT = "checkpoint", "checkpoint.part"
STEP = "step.json"  # written last: what holds it is whole


def save(machine: Accelerator, folder: Path, step: int) -> None:
    """Keeps model, optimiser, schedule and random state after `step`."""
    draft = folder / DRAFT
    if machine.is_main_process:
        shutil.rmtree(draft, ignore_errors=True)
    machine.wait_for_everyone()
    machine.save_state(str(draft))
    machine.wait_for_everyone()  # each has its random state to write
    if machine.is_main_process:
        (draft / STEP).write_text(json.dumps({"step": step}))
        shutil.rmtree(folder / NAME, ignore_errors=True)
        draft.replace(folder / NAME)


def load(machine: Accelerator, folder: Path) -> int:
    """Restores the last checkpoint and returns its step; 0 where there is none.

    A run may have been killed between the old one's removal and the new one's renaming.
    """
    found = next((kept for name in (NAME, DRAFT) if ((kept := folder / name) / STEP).is_file()), None)
    if found is None:
        return 0
    machine.load_state(str(found))
    return int(json.loads((found / STEP).read_text())["step"])


def forget(folder: Path) -> None:
    """Removes the checkpoint of a run that is done."""
    for name in (NAME, DRAFT):
        shutil.rmtree(folder / name, ignore_errors=True)
