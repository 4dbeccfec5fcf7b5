"""The plain way to run the model: transformers' own text-classification pipeline."""

from pathlib import Path
from typing import Any

from bearometer_shared.inference.artifact import read_manifest
from bearometer_shared.taxonomy import SENTIMENTS


def text_classification(folder: Path) -> Any:
    """The pipeline around an artifact's encoder and sentiment head, fp32 on the CPU. The base must be a BERT.

    It reads the first token where ours averages all: its answers are others, its work is the same.
    """
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, pipeline

    from bearometer_training import base, export

    manifest = read_manifest(folder)
    trained = export.load(folder, manifest.base.name, manifest.recipe)
    source = base.locate(manifest.base.name)
    config = BertConfig.from_pretrained(source, num_labels=len(SENTIMENTS), id2label=dict(enumerate(SENTIMENTS)))
    plain = BertForSequenceClassification(config)
    plain.bert.load_state_dict(trained.encoder.state_dict(), strict=False)
    with torch.no_grad():
        plain.classifier.weight.copy_(trained.sentiment.weight)
        plain.classifier.bias.copy_(trained.sentiment.bias)
    made: Any = pipeline  # its overloads do not list the tokenizer's base class
    tokenizer = AutoTokenizer.from_pretrained(source)
    return made("text-classification", model=plain.eval(), tokenizer=tokenizer, device="cpu")
