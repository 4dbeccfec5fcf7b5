"""An encoder with the heads that pre-training needs: masked words always, next sentence where the base has it."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import AutoConfig, AutoModelForMaskedLM, BertForPreTraining, PreTrainedModel

from bearometer_shared.errors import UserError
from bearometer_training.model import SEGMENTS, hush
from bearometer_training.pretrain_news import UNKNOWN


class Outcome(NamedTuple):
    """Of one batch: summed loss of the masked tokens, how many and how many right; the same of the pairs. Scalars."""

    masked_loss: torch.Tensor
    masked: torch.Tensor
    masked_right: torch.Tensor
    pair_loss: torch.Tensor
    pairs: torch.Tensor
    pairs_right: torch.Tensor

    def loss(self) -> torch.Tensor:
        """What training lowers: the mean over masked tokens plus the mean over pairs (Devlin et al. 2019)."""
        return self.masked_loss / self.masked.clamp(min=1) + self.pair_loss / self.pairs.clamp(min=1)


class Objective(nn.Module):
    """`forward(input_ids, attention_mask, token_type_ids, wanted, following)` gives an Outcome.

    The first four are of shape (batch, tokens), `following` of shape (batch,); UNKNOWN where there is no label.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        inner: Any = model.base_model  # typed as any module
        self.encoder: PreTrainedModel = inner
        self.words = _masked_language_head(model)
        self.next: nn.Module | None = model.cls.seq_relationship if isinstance(model, BertForPreTraining) else None
        self.knows_segments = getattr(model.config, "type_vocab_size", 0) >= SEGMENTS

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor,
        wanted: torch.Tensor,
        following: torch.Tensor,
    ) -> Outcome:
        segments = {"token_type_ids": token_type_ids} if self.knows_segments else {}
        read = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **segments)
        chosen = wanted != UNKNOWN  # the head is half of the work; only masked tokens need it
        words = _judged(self.words(read.last_hidden_state[chosen]), wanted[chosen])
        if self.next is None:
            return Outcome(*words, *(torch.zeros_like(words[0]) for _ in range(3)))
        known = following != UNKNOWN
        return Outcome(*words, *_judged(self.next(read.pooler_output[known]), following[known]))


def _judged(logits: torch.Tensor, wanted: torch.Tensor) -> Sequence[torch.Tensor]:
    loss = cross_entropy(logits, wanted, reduction="sum")
    return loss, torch.tensor(len(wanted), device=loss.device), (logits.argmax(-1) == wanted).sum()


def _masked_language_head(model: Any) -> nn.Module:
    head = model.cls.predictions if hasattr(model, "cls") else getattr(model, "lm_head", None)
    if head is None:
        raise UserError(f"{type(model).__name__} keeps its masked-language head where we don't know it")
    found: nn.Module = head
    return found


def load(folder: Path) -> tuple[Objective, bool]:
    """A base with its heads, and whether those are fresh because the base ships none.

    The head that predicts words is tied to the word embeddings. Raises UserError where the base has no such form.
    """
    hush()
    logging.getLogger("accelerate.utils.other").setLevel(logging.ERROR)  # it warns that tied weights are saved once
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    kind: Any = BertForPreTraining if "BertForPreTraining" in (config.architectures or []) else AutoModelForMaskedLM
    try:
        model, report = kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except ValueError as error:
        raise UserError(f"base {folder}: {config.model_type} has no masked-language form") from error
    missing = [name for name in report["missing_keys"] if not name.startswith(f"{model.base_model_prefix}.")]
    return Objective(model), bool(missing)
