"""Learned virtual tokens before the text: as keys and values of each layer (prefix), or as embeddings (prompt).

peft has both, but not so that they serve here: it renames the base's tensors, so a difference to the base could not
be told; it returns the virtual positions, which the mean over the tokens must not see; and its prefixes rely on a
cache length that transformers 5 ignores when it masks an encoder. So hooks of a few lines rewrite the encoder's
inputs, and the base's tensors keep their names. The text keeps its own positions.
"""

import inspect
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache, PreTrainedModel

from bearometer_shared.errors import UserError
from bearometer_training.model import Heads

TOKENS = 16
Inputs = dict[str, torch.Tensor]


class Prefix(nn.Module):
    """Keys and values of `TOKENS` virtual tokens, each of shape (layers, heads, tokens, head width).

    It stands in for the cache of a decoder, whose two methods an encoder's attention calls.
    """

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.keys, self.values = nn.Parameter(keys), nn.Parameter(values)

    def get_seq_length(self) -> int:
        """How many tokens stand before the text."""
        return TOKENS

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
        """A layer's keys and values, of shape (batch, heads, tokens, head width), with the virtual ones before."""
        return _before(self.keys[layer], keys, 2), _before(self.values[layer], values, 2)


def attach_prefix(model: Heads, steps: int) -> None:
    """Prefix tuning (Li & Liang 2021) from the activations of real words, without their reparametrisation.

    Raises UserError where the encoder takes no keys and values from outside (MPNet).
    """
    encoder = model.encoder
    if carried(encoder):
        encoder.get_submodule("prefix").requires_grad_(True)
        return
    if "past_key_values" not in inspect.signature(type(encoder).forward).parameters:
        raise UserError(f"recipe prefix: {type(encoder).__name__} takes no keys and values from outside; try prompt")
    cache = DynamicCache()
    with torch.no_grad():
        encoder.eval()(input_ids=_words(encoder)[None], past_key_values=cache)
    keys, values = ([getattr(layer, kind)[0] for layer in cache.layers] for kind in ("keys", "values"))
    encoder.add_module("prefix", Prefix(torch.stack(keys), torch.stack(values)))
    encoder.register_forward_pre_hook(_give_prefix, with_kwargs=True)


def attach_prompt(model: Heads, steps: int) -> None:
    """Prompt tuning (Lester et al. 2021) from the embeddings of common words, as they found best without labels."""
    encoder = model.encoder
    if carried(encoder):
        encoder.get_parameter("prompt").requires_grad_(True)
        return
    embedded = encoder.get_input_embeddings()(_words(encoder)).detach().clone()
    encoder.register_parameter("prompt", nn.Parameter(embedded))
    encoder.register_forward_pre_hook(_give_prompt, with_kwargs=True)
    encoder.register_forward_hook(_drop_prompt)


def carried(encoder: nn.Module) -> str | None:
    """The recipe's name where the encoder has virtual tokens."""
    return next((name for name in ("prefix", "prompt") if hasattr(encoder, name)), None)


def _words(encoder: PreTrainedModel) -> torch.Tensor:
    """Random words, of shape (tokens,). A vocabulary begins with special entries, then the common words."""
    size = encoder.config.vocab_size
    return torch.randint(size // 30, size // 6, (TOKENS,))


def _give_prefix(encoder: Any, arguments: tuple[()], inputs: Inputs) -> tuple[tuple[()], dict[str, Any]]:
    mask = _before(inputs["attention_mask"].new_ones(TOKENS), inputs["attention_mask"], 1)
    # In four dimensions it is the bias that attention adds; a plain mask would be cut to the length of the text.
    bias = (1.0 - mask[:, None, None, :].to(encoder.dtype)) * torch.finfo(encoder.dtype).min
    places = _places(encoder, inputs["input_ids"])
    return arguments, inputs | {"attention_mask": bias, "position_ids": places, "past_key_values": encoder.prefix}


def _give_prompt(encoder: Any, arguments: tuple[()], inputs: Inputs) -> tuple[tuple[()], Inputs]:
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    places = _places(encoder, ids)
    given = {
        "inputs_embeds": _before(encoder.prompt, encoder.get_input_embeddings()(ids), 1),
        "attention_mask": _before(mask.new_ones(TOKENS), mask, 1),
        "position_ids": torch.cat([places[:, :1].expand(1, TOKENS), places], 1),
    }
    if "token_type_ids" in inputs:
        given["token_type_ids"] = _before(ids.new_zeros(TOKENS), inputs["token_type_ids"], 1)
    return arguments, given


def _drop_prompt(encoder: nn.Module, arguments: tuple[()], output: Any) -> Any:
    output.last_hidden_state = output.last_hidden_state[:, TOKENS:]
    return output


def _before(virtual: torch.Tensor, real: torch.Tensor, dim: int) -> torch.Tensor:
    """`virtual` for each row of a batch, then `real`, along `dim`."""
    return torch.cat([virtual.to(real.dtype).expand(real.shape[0], *virtual.shape), real], dim)


def _places(encoder: Any, ids: torch.Tensor) -> torch.Tensor:
    """The position of each token, of shape (1, length). Bases that pad positions too (MPNet) begin after that."""
    padding = encoder.embeddings.position_embeddings.padding_idx
    first = 0 if padding is None else padding + 1
    return torch.arange(ids.shape[1], device=ids.device)[None] + first
