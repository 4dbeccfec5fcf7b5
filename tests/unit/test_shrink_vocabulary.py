"""A trimmed vocabulary: texts of the kind that it was made for are split as before, all others can be spelled."""

import json
import random
import string
from typing import Any

import pytest
import tiny_bert
import torch
from tokenizers import Tokenizer

from bearometer_shared.errors import UserError
from bearometer_training import base
from bearometer_training.shrink import vocabulary

NEWS = ["Ardent raises its profit forecast", "Bexley warns of unprofitability, 3.5 pct lower", "Zürich über alles"]
TYPED = string.ascii_letters + string.digits + string.punctuation + "éüß€日本"


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    definition: dict[str, Any] = json.loads((base.locate() / "tokenizer.json").read_bytes())
    return definition | {"padding": None, "truncation": None}


def tokenizer(definition: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(definition))


def trimmed(definition: dict[str, Any], most: int | None = None) -> Tokenizer:
    return tokenizer(vocabulary.renumbered(definition, vocabulary.kept(definition, NEWS, most)))


def test_the_news_it_was_made_for_are_split_as_before_alone_and_in_pairs(whole: dict[str, Any]) -> None:
    before, after = tokenizer(whole), trimmed(whole)
    inputs: list[Any] = [*NEWS, *((text, text.split()[0]) for text in NEWS)]
    for wanted, found in zip(before.encode_batch(inputs), after.encode_batch(inputs), strict=True):
        assert found.tokens == wanted.tokens
        assert found.type_ids == wanted.type_ids
        assert found.ids == [after.token_to_id(token) for token in found.tokens]
    assert after.get_vocab_size() < 0.1 * before.get_vocab_size()


def test_whatever_is_typed_can_still_be_spelled(whole: dict[str, Any]) -> None:
    before, after, rng = tokenizer(whole), trimmed(whole), random.Random(1)  # noqa: S311 - reproducible, no secret
    words = ["".join(rng.choices(TYPED, k=12)) for _ in range(300)]
    known = [word for word in words if "[UNK]" not in before.encode(word).tokens]
    assert len(known) > 200
    assert not any("[UNK]" in after.encode(word).tokens for word in known)


def test_ids_have_no_gaps_and_special_tokens_keep_their_meaning(whole: dict[str, Any]) -> None:
    after = trimmed(whole)
    assert sorted(after.get_vocab().values()) == list(range(after.get_vocab_size()))
    assert after.token_to_id("[PAD]") == 0
    assert after.encode("profit").tokens == ["[CLS]", "profit", "[SEP]"]
    assert after.encode("[MASK]").tokens == ["[CLS]", "[MASK]", "[SEP]"]


def test_only_the_most_frequent_stay_where_their_number_is_given(whole: dict[str, Any]) -> None:
    often = ["profit " * 9 + "forecast " * 5 + "loss"]
    sizes = [len(vocabulary.kept(whole, often, most)) for most in (0, 1, 2, None)]
    assert [size - sizes[0] for size in sizes] == [0, 1, 2, 3]
    two = vocabulary.kept(whole, often, 2)
    known = whole["model"]["vocab"]
    assert {known["profit"], known["forecast"]} <= set(two)
    assert known["loss"] not in two


def test_an_encoder_answers_as_before_with_its_rows_moved(whole: dict[str, Any]) -> None:
    encoder = tiny_bert.heads().encoder.eval()
    before = encoder(torch.tensor([tokenizer(whole).encode(NEWS[0]).ids])).last_hidden_state
    ids = vocabulary.kept(whole, NEWS)
    vocabulary.trim(encoder, ids)
    after = encoder(torch.tensor([tokenizer(vocabulary.renumbered(whole, ids)).encode(NEWS[0]).ids])).last_hidden_state
    assert torch.equal(after, before)
    assert encoder.config.vocab_size == len(ids) == len(encoder.get_input_embeddings().get_parameter("weight"))


def test_a_tokenizer_that_numbers_its_ends_in_robertas_way_is_renumbered_too() -> None:
    tokens = ["<s>", "<pad>", "</s>", "rare", "[UNK]", "profit", "<mask>"]
    definition = {
        "added_tokens": [{"id": n, "content": tokens[n], "special": True} for n in (0, 1, 2, 6)],
        "padding": {"pad_id": 1, "pad_token": "<pad>"},
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]},
        "model": {"type": "WordPiece", "vocab": {token: n for n, token in enumerate(tokens)}},
    }
    found = vocabulary.renumbered(definition, [1, 0, 2, 4, 5, 6])
    assert found["model"]["vocab"] == {"<s>": 1, "<pad>": 0, "</s>": 2, "[UNK]": 3, "profit": 4, "<mask>": 5}
    assert found["padding"]["pad_id"] == 0
    assert (found["post_processor"]["sep"], found["post_processor"]["cls"]) == (["</s>", 2], ["<s>", 1])
    assert found["added_tokens"][3]["id"] == 5


def test_a_tokenizer_of_merges_is_refused() -> None:
    with pytest.raises(UserError, match="only WordPiece tokenizers can be trimmed, not BPE"):
        vocabulary.kept({"model": {"type": "BPE"}}, NEWS)
