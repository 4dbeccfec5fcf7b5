"""One encoder, two heads: sentiment and topic over the mean of the token vectors."""

from pathlib import Path

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as chatter

from bearometer_shared.taxonomy import SENTIMENTS, TOPICS


class TwoHeads(nn.Module):
    """A BERT-family encoder with a sentiment head and a topic head.

    `forward(input_ids, attention_mask)`, both of shape (batch, tokens), gives logits of shape (batch, 3) and
    (batch, topics). Word embeddings stay frozen: they are half of the weights, and what the shipped model adds to
    its base must stay small.
    """

    def __init__(self, encoder: PreTrainedModel, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.sentiment = nn.Linear(width, len(SENTIMENTS))
        self.topic = nn.Linear(width, len(TOPICS))
        self.encoder.get_input_embeddings().weight.requires_grad_(False)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled = self.dropout((hidden * mask).sum(1) / mask.sum(1).clamp(min=1))
        return self.sentiment(pooled), self.topic(pooled)


def build(folder: Path) -> TwoHeads:
    """A model with the base's encoder and fresh heads. Eager attention, or ONNX Runtime fuses none of it."""
    _hush()
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    encoder = AutoModel.from_pretrained(
        folder, local_files_only=True, attn_implementation="eager", add_pooling_layer=False, use_safetensors=True
    )
    return TwoHeads(encoder, config.hidden_size)


def tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The base's tokenizer."""
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _hush() -> None:
    """Our commands print their own progress; the library's bar and its report on unused weights help nobody."""
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
