"""Distillation: what trained models say of each input, for a smaller one to learn (Hinton et al. 2015).

Several teachers are averaged: an ensemble becomes one model. Their probabilities are calibrated ones, so no further
softening is asked for. They also speak of texts that nobody has labelled.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bearometer_shared.inference.encoding import Input
from bearometer_shared.inference.engine import Engine
from bearometer_training import placing
from bearometer_training.examples import Example
from bearometer_training.model import HEADS

ANSWERS = "teachers.npz"
PART = 512  # inputs between two reports
Report = Callable[[int, int], None]  # inputs answered, and inputs in all


def teach(found: Sequence[Example], teachers: Sequence[Path], folder: Path, report: Report) -> list[Example]:
    """The examples with what the teachers say. Their answers are kept in `folder`, so that a run can go on.

    Of several processes that train together, one asks and the others wait for its file.
    """
    if not teachers:
        return list(found)
    kept = folder / ANSWERS
    if placing.leads() and not kept.is_file():
        part = kept.with_suffix(".part.npz")
        np.savez(part, *_answers([Engine.load(teacher) for teacher in teachers], [e.input for e in found], report))
        part.replace(kept)
    while not kept.is_file():  # no barrier: to ask may take longer than those wait
        time.sleep(1)
    answers = dict(zip(HEADS, np.load(kept).values(), strict=True))
    return [replace(example, soft=_said(example, n, answers)) for n, example in enumerate(found)]


def _said(example: Example, n: int, answers: dict[str, np.ndarray]) -> dict[str, list[float]]:
    """A pair is asked about its entity, a single text the other two."""
    heads = ("entity",) if example.is_pair else ("sentiment", "topic")
    return {head: answers[head][n].tolist() for head in heads}


def _answers(teachers: Sequence[Engine], inputs: Sequence[Input], report: Report) -> list[np.ndarray]:
    """The teachers' mean probabilities, for each head of shape (inputs, classes)."""
    parts = []
    for start in range(0, len(inputs), PART):
        part = inputs[start : start + PART]
        each = [teacher.probabilities(part, *HEADS) for teacher in teachers]
        parts.append([np.mean(same, axis=0) for same in zip(*each, strict=True)])
        report(start + len(part), len(inputs))
    return [np.concatenate(same) for same in zip(*parts, strict=True)]
