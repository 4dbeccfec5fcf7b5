"""A small BERT with random weights, for tests of how training goes rather than of what is learned."""

import torch
from transformers import BertConfig, BertModel

from bearometer_training.model import Heads

WIDTH = 32


def heads(seed: int = 3) -> Heads:
    """Two layers, 32 wide, the default base's vocabulary, and three fresh heads."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=30522,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        attn_implementation="eager",
    )
    return Heads(BertModel(config, add_pooling_layer=False), WIDTH)
