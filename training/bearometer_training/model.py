"""One encoder, three heads: sentiment, topic, and sentiment towards an entity."""

from pathlib import Path
from typing import cast

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import logging as chatter

from bearometer_shared.errors import UserError
from bearometer_shared.inference import encoding
from bearometer_shared.inference.artifact import TOKENIZER
from bearometer_shared.inference.encoding import Reader
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS

MAX_TOKENS = 128
SEGMENTS = 2
HEADS = ("sentiment", "topic", "entity")  # in the order of the logits
Logits = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class Heads(nn.Module):
    """A BERT-family encoder with a head for each task.

    `forward(input_ids, attention_mask, token_type_ids)`, each of shape (batch, tokens), gives logits of shape
    (batch, 3), (batch, topics) and (batch, 3): sentiment, topic, sentiment towards the entity. A single text is the
    mean of its token vectors; a pair is the mean over its second part, the entity, which has read the text.
    Word embeddings stay frozen: they are half of the weights, and what the shipped model adds to its base must stay
    small.
    """

    def __init__(self, encoder: PreTrainedModel, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.sentiment = nn.Linear(width, len(SENTIMENTS))
        self.topic = nn.Linear(width, len(TOPICS))
        self.entity = nn.Linear(width, len(SENTIMENTS))
        self.knows_segments = getattr(encoder.config, "type_vocab_size", 0) >= SEGMENTS
        self.encoder.get_input_embeddings().weight.requires_grad_(False)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> Logits:
        segments = {"token_type_ids": token_type_ids} if self.knows_segments else {}
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **segments).last_hidden_state
        is_pair = token_type_ids.amax(1, keepdim=True)
        mask = (token_type_ids + attention_mask * (1 - is_pair)).unsqueeze(-1).to(hidden.dtype)
        pooled = self.dropout((hidden * mask).sum(1) / mask.sum(1).clamp(min=1))
        return self.sentiment(pooled), self.topic(pooled), self.entity(pooled)

    def embeddings(self) -> nn.Module:
        """The encoder's embedding layer: words, positions and segments, normalised."""
        return cast(nn.Module, self.encoder.embeddings)


def build(folder: Path) -> Heads:
    """A model with the base's encoder and fresh heads. Eager attention, or ONNX Runtime fuses none of it."""
    hush()
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    encoder = AutoModel.from_pretrained(
        folder, local_files_only=True, attn_implementation="eager", add_pooling_layer=False, use_safetensors=True
    )
    return Heads(encoder, config.hidden_size)


def reader(folder: Path, max_tokens: int = MAX_TOKENS, marks_figures: bool = True) -> Reader:
    """How a model on this base reads. Raises UserError where its tokenizer is not in the fast form."""
    return Reader(tokenizer(folder, max_tokens), marks_figures)


def tokenizer(folder: Path, max_tokens: int = MAX_TOKENS) -> Tokenizer:
    """The base's tokenizer. Raises UserError where it is not in the fast form."""
    if not (folder / TOKENIZER).is_file():
        raise UserError(f"base {folder}: holds no {TOKENIZER}")
    return encoding.tokenizer(folder / TOKENIZER, max_tokens)


def hush() -> None:
    """Our commands print their own progress; the library's bar and its report on unused weights help nobody."""
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
