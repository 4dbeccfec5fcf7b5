"""A smaller base from a base: fewer layers, narrower feed-forward, silent heads, fewer tokens; one file a method."""

import json
import shutil
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from bearometer_shared.errors import UserError
from bearometer_shared.inference.artifact import TOKENIZER
from bearometer_training import data
from bearometer_training import model as models
from bearometer_training.shrink import feed_forward, heads, importance, layers, vocabulary
from bearometer_training.shrink.importance import Report

MEASURED = 512  # seed headlines by which heads and neurons are ranked
SETTINGS = ("tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class Sizes:
    """What each layer, and how many layers and tokens, shall have; None leaves it. `tokens` beside what must stay."""

    layers: int | None = None
    heads: int | None = None
    feed_forward: int | None = None
    tokens: int | None = None


def shrink(
    source: Path,
    out: Path,
    sizes: Sizes,
    texts: Sequence[str] | None = None,
    report: Report = lambda done, count: None,
) -> dict[str, Any]:
    """Writes a smaller base to the new folder `out`, which `bearometer train --base` takes, and returns the facts.

    The vocabulary is trimmed to what `texts` use, where they are given. Heads and neurons are ranked in the base as it
    comes, before layers go. Raises UserError where the base cannot be made so small.
    """
    encoder, tokenizer = models.build(source).encoder, models.tokenizer(source)
    definition, before = json.loads((source / TOKENIZER).read_bytes()), size(encoder)
    _check(sizes, before)
    ids = None if texts is None else vocabulary.kept(definition, texts, sizes.tokens)
    ranking = [row.text for row in data.read(data.SEED)[:MEASURED]]
    measure = partial(importance.measure, encoder, tokenizer, texts=ranking, report=report)
    if sizes.heads is not None:
        heads.silence(encoder, sizes.heads, measure)
    if sizes.feed_forward is not None:
        feed_forward.narrow(encoder, sizes.feed_forward, measure)
    kept = layers.drop(encoder, sizes.layers) if sizes.layers is not None else None
    if ids is not None:
        vocabulary.trim(encoder, ids)
        definition = vocabulary.renumbered(definition, ids)
    _write(encoder, definition, source, out)
    return {"before": before, "after": size(encoder), "layers_kept": kept}


def check_folder(out: Path) -> None:
    """Raises UserError where `out` is anything but a new or an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"--out {out}: exists already; name a new folder")


def size(encoder: PreTrainedModel) -> dict[str, int]:
    """What an encoder has of each; `parameters` are those that work when it serves, without silent heads."""
    serving = deepcopy(encoder)
    heads.remove_silent(serving)
    config = encoder.config
    return {
        "layers": config.num_hidden_layers,
        "heads": heads.speaking(encoder),
        "feed_forward": config.intermediate_size,
        "tokens": config.vocab_size,
        "parameters": sum(weight.numel() for weight in serving.parameters()),
    }


def _check(sizes: Sizes, has: dict[str, int]) -> None:
    for name in ("layers", "heads", "feed_forward"):
        wanted = getattr(sizes, name)
        if wanted is not None and wanted > has[name]:
            raise UserError(f"--{name.replace('_', '-')} {wanted}: this base has {has[name]}")


def _write(encoder: PreTrainedModel, definition: dict[str, Any], source: Path, out: Path) -> None:
    """As Hugging Face lays a model out. No `vocab.txt`: `tokenizer.json` says it all."""
    encoder.save_pretrained(out)
    (out / TOKENIZER).write_text(json.dumps(definition, ensure_ascii=False))
    for name in SETTINGS:
        if (source / name).is_file():
            shutil.copyfile(source / name, out / name)
