"""Masking (Devlin et al. 2019): of the tokens 15 % are chosen; of those 80 % are hidden, 10 % replaced, 10 % kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Encoding, Tokenizer

from bearometer_shared.errors import UserError
from bearometer_training.pretrain_news import UNKNOWN

CHOSEN, HIDDEN, REPLACED = 0.15, 0.8, 0.1
NO_WORD = -1  # special tokens and padding: never chosen


@dataclass(frozen=True)
class Masking:
    """How a base's inputs are masked: its mask token, its vocabulary, and whether a word goes as a whole."""

    mask_id: int
    vocabulary: int
    whole_words: bool

    def __call__(
        self, ids: torch.Tensor, words: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Masked ids, and what stood there where a token was chosen, else UNKNOWN; each of shape (batch, tokens)."""
        chances = torch.rand(ids.shape, generator=generator)
        if self.whole_words:
            chances = chances.gather(1, words.clamp(min=0))  # a word has no more tokens than its text
        chosen = (chances < CHOSEN) & (words != NO_WORD)
        fate = torch.rand(ids.shape, generator=generator)
        strangers = torch.randint(self.vocabulary, ids.shape, generator=generator)
        masked = torch.where(fate < HIDDEN, self.mask_id, torch.where(fate < HIDDEN + REPLACED, strangers, ids))
        return torch.where(chosen, masked, ids), torch.where(chosen, ids, UNKNOWN)


def masking(tokenizer: Tokenizer, whole_words: bool) -> Masking:
    """The masking of a base. Raises UserError where its tokenizer has no mask token."""
    found = [tokenizer.token_to_id(name) for name in ("[MASK]", "<mask>")]
    mask_id = next((token for token in found if token is not None), None)
    if mask_id is None:
        raise UserError("this base's tokenizer has no mask token: it cannot be pre-trained by masking")
    return Masking(mask_id, tokenizer.get_vocab_size(), whole_words)


def word_numbers(rows: Sequence[Encoding]) -> torch.Tensor:
    """The number of each token's word within its input, NO_WORD for special tokens; of shape (rows, longest)."""
    found = torch.full((len(rows), max(len(row) for row in rows)), NO_WORD)
    for n, row in enumerate(rows):
        seen: dict[tuple[int | None, int], int] = {}
        for place, (part, word) in enumerate(zip(row.sequence_ids, row.word_ids, strict=True)):
            if word is not None:
                found[n, place] = seen.setdefault((part, word), len(seen))
    return found
