"""From texts to token arrays: one way for training and for serving, so that a model is asked as it was taught.

A single text is `[CLS] text [SEP]`. A text about an entity is the pair `[CLS] text [SEP] entity [SEP]`, with
`token_type_ids` 1 from the entity on; bases that know no segments (MPNet) are given the same mark for pooling.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Encoding, Tokenizer

from bearometer_shared.inference import figures

Input = str | tuple[str, str]  # a text, or a text and the entity asked about


@dataclass(frozen=True, slots=True)
class Reader:
    """How a model reads: a tokenizer, and whether figures that compare are marked for it."""

    tokenizer: Tokenizer
    marks_figures: bool

    def rows(self, inputs: Sequence[Input]) -> list[Encoding]:
        """The tokens of each input, in order."""
        found = [_marked(given) for given in inputs] if self.marks_figures else inputs
        rows: list[Encoding] = self.tokenizer.encode_batch_fast(found)
        return rows

    def arrays(self, inputs: Sequence[Input]) -> dict[str, np.ndarray]:
        """What a model is fed for a batch: see `arrays`."""
        return arrays(self.rows(inputs), padding_id(self.tokenizer))


def _marked(given: Input) -> Input:
    return figures.marked(given) if isinstance(given, str) else (figures.marked(given[0]), given[1])


def reader(path: Path, max_tokens: int, marks_figures: bool) -> Reader:
    """What reads as the model was taught that a manifest describes."""
    return Reader(tokenizer(path, max_tokens), marks_figures)


def tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """A `tokenizer.json`, set to cut inputs at `max_tokens`; a pair loses from its longer part, so the entity stays."""
    found = Tokenizer.from_file(str(path))
    found.enable_truncation(max_tokens)
    found.no_padding()
    return found


def arrays(rows: Sequence[Encoding], pad: int = 0) -> dict[str, np.ndarray]:
    """`input_ids`, `attention_mask` and `token_type_ids`, each int64 of shape (rows, longest)."""
    longest = max((len(row.ids) for row in rows), default=0)
    ids = np.full((len(rows), longest), pad, dtype=np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for n, row in enumerate(rows):
        found = row.ids
        ids[n, : len(found)] = found
        mask[n, : len(found)] = 1
        if row.n_sequences == 2:
            types[n, row.sequence_ids.index(1) : len(found)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def padding_id(tokenizer: Tokenizer) -> int:
    """The id of the padding token: 0 for BERT, 1 for MPNet; masked out, but position ids may depend on it."""
    ids = [tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>")]
    return next((found for found in ids if found is not None), 0)
