"""Fewer tokens: those that news of one's own never use are taken out of the tokenizer and of the embeddings.

Special tokens stay, and every single character, so that every text can still be spelled. Tokens keep their order and
are numbered anew. WordPiece takes the longest token that fits: a text whose tokens all stay is split as before.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import PreTrainedModel

from bearometer_shared.errors import UserError

Json = dict[str, Any]
BATCH = 1000  # texts that are split side by side
NAMED = ("pad_token_id", "bos_token_id", "eos_token_id")  # tokens that a configuration knows by number


def kept(definition: Json, texts: Sequence[str], most: int | None = None) -> list[int]:
    """The ids that stay, ascending: what cannot go, and the tokens that occur in `texts`, at most so many of them.

    Raises UserError for a tokenizer that is no WordPiece: parts of a BPE stand on others.
    """
    if definition["model"]["type"] != "WordPiece":
        raise UserError(f"--vocabulary: only WordPiece tokenizers can be trimmed, not {definition['model']['type']}")
    needed, counts = _needed(definition), _counts(definition, texts)
    common = [token for token, _ in counts.most_common() if token not in needed]
    return sorted(needed.union(common[:most]))


def _needed(definition: Json) -> set[int]:
    """Special tokens, what stands for the unknown, characters, and characters inside a word."""
    model = definition["model"]
    vocabulary, prefix = model["vocab"], model["continuing_subword_prefix"]
    spelling = (token for text, token in vocabulary.items() if len(text.removeprefix(prefix)) == 1)
    return {vocabulary[model["unk_token"]], *spelling, *(token["id"] for token in definition["added_tokens"])}


def _counts(definition: Json, texts: Sequence[str]) -> Counter[int]:
    tokenizer, counts = Tokenizer.from_str(json.dumps(definition)), Counter[int]()
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for start in range(0, len(texts), BATCH):
        for row in tokenizer.encode_batch_fast(texts[start : start + BATCH], add_special_tokens=False):
            counts.update(row.ids)
    return counts


def renumbered(definition: Json, ids: Sequence[int]) -> Json:
    """The definition of a tokenizer (its `tokenizer.json`) with these tokens alone, numbered from 0."""
    places = {token: place for place, token in enumerate(ids)}
    vocabulary = {text: places[token] for text, token in definition["model"]["vocab"].items() if token in places}
    added = [token | {"id": places[token["id"]]} for token in definition["added_tokens"]]
    known = vocabulary | {token["content"]: token["id"] for token in added}
    return definition | {
        "model": definition["model"] | {"vocab": vocabulary},
        "added_tokens": added,
        "padding": _padding(definition["padding"], known),
        "post_processor": _post_processor(definition["post_processor"], known),
    }


def _padding(padding: Json | None, known: dict[str, int]) -> Json | None:
    return padding and padding | {"pad_id": known[padding["pad_token"]]}


def _post_processor(processor: Json, known: dict[str, int]) -> Json:
    """BERT's of either form and RoBERTa's name special tokens by number."""
    if processor["type"] == "TemplateProcessing":
        special = processor["special_tokens"]
        return processor | {
            "special_tokens": {name: one | {"ids": [known[t] for t in one["tokens"]]} for name, one in special.items()}
        }
    return processor | {end: [processor[end][0], known[processor[end][0]]] for end in ("sep", "cls")}


def trim(encoder: PreTrainedModel, ids: Sequence[int]) -> None:
    """Leaves the embeddings of these tokens, in this order."""
    config = encoder.config
    places = {token: place for place, token in enumerate(ids)}
    for name in NAMED:
        if getattr(config, name, None) is not None:
            setattr(config, name, places[getattr(config, name)])
    rows = encoder.get_input_embeddings().get_parameter("weight").detach()[torch.tensor(ids)]
    encoder.set_input_embeddings(nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=config.pad_token_id))
    config.vocab_size = len(ids)
