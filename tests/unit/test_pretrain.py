"""Pre-training on unlabelled news: it learns, goes on after a cut, writes a base, and names a file that is none."""

import gzip
import json
import random
import shutil
from pathlib import Path

import pytest
import torch
import typer
from transformers import BertConfig, BertForMaskedLM, BertForPreTraining, BertModel
from typer.testing import CliRunner

from bearometer_shared.errors import UserError
from bearometer_training import base, model, pretrain, pretrain_masking, pretrain_news, pretrain_objective
from bearometer_training.pretrain import Settings
from bearometer_training.pretrain_command import pretrain as command
from bearometer_training.pretrain_news import UNKNOWN

pytestmark = pytest.mark.usefixtures("one_thread")

NAMES = ("Ardent", "Bexley", "Corvo", "Dunmore", "Elstree", "Fenwick", "Garrow", "Hartwell")
SAID = ("raises its profit forecast", "warns of a quarterly loss", "buys a rival for cash", "halts its dividend")
NEWS = [
    {"title": f"{name} {said}", "body": f"{name} {said}. The shares moved on Tuesday. Analysts had expected as much."}
    for name in NAMES
    for said in SAID
]
SETTINGS = Settings(epochs=6, batch=8, max_tokens=32, rate=5e-3, checkpoint_steps=5)


def small_base(folder: Path, kind: type = BertForMaskedLM) -> Path:
    """A tiny random BERT with the default base's tokenizer, as a folder."""
    torch.manual_seed(3)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    kind(BertConfig(vocab_size=30522, **sizes)).save_pretrained(folder)
    shutil.copy(base.locate() / "tokenizer.json", folder)
    return folder


def documents() -> list[pretrain_news.Document]:
    return [(item["title"], *item["body"].split(". ")) for item in NEWS]


def news_file(path: Path) -> Path:
    path.write_text("\n".join(map(json.dumps, NEWS)))
    return path


class CutOffError(Exception):
    """Somebody pulled the plug."""


def test_held_out_words_are_guessed_better_and_the_folder_is_a_base(tmp_path: Path) -> None:
    out = tmp_path / "out"
    many = [(f"{title} in {year}", *body) for title, *body in documents() for year in range(2001, 2005)]
    facts = pretrain.pretrain(small_base(tmp_path / "base"), many, out, SETTINGS)
    assert facts["after"]["perplexity"] < 0.2 * facts["before"]["perplexity"]
    assert facts["after"]["masked_accuracy"] > facts["before"]["masked_accuracy"]
    assert not facts["fresh_head"]
    assert {part.name for part in out.iterdir()} == {"config.json", "model.safetensors", "tokenizer.json"}
    heads = model.build(base.locate(str(out)))
    assert isinstance(heads.encoder, BertModel)
    assert model.tokenizer(out).encode("profit").ids


def test_a_run_that_was_cut_off_goes_on_and_ends_as_if_it_never_was(tmp_path: Path) -> None:
    source = small_base(tmp_path / "base")
    pretrain.pretrain(source, documents(), tmp_path / "whole", SETTINGS)
    steps = list[int]()

    def cut(progress: pretrain.Progress) -> None:
        if progress.step == 8:
            raise CutOffError

    with pytest.raises(CutOffError):
        pretrain.pretrain(source, documents(), tmp_path / "cut", SETTINGS, cut)
    pretrain.check_folder(tmp_path / "cut")
    pretrain.pretrain(source, documents(), tmp_path / "cut", SETTINGS, lambda progress: steps.append(progress.step))
    assert steps[0] == 6
    whole, resumed = (model.build(tmp_path / name).encoder.state_dict() for name in ("whole", "cut"))
    assert all(torch.allclose(whole[name], resumed[name], atol=1e-5) for name in whole)


def test_a_cut_run_is_not_continued_under_other_settings(tmp_path: Path) -> None:
    source = small_base(tmp_path / "base")

    def cut(progress: pretrain.Progress) -> None:
        raise CutOffError

    with pytest.raises(CutOffError):
        pretrain.pretrain(source, documents(), tmp_path / "out", SETTINGS, cut)
    with pytest.raises(UserError, match="a run on another base, other news or settings"):
        pretrain.pretrain(source, documents(), tmp_path / "out", Settings(batch=4))


def test_a_base_with_a_next_sentence_head_learns_from_consecutive_sentences(tmp_path: Path) -> None:
    source = small_base(tmp_path / "base", BertForPreTraining)
    facts = pretrain.pretrain(source, documents(), tmp_path / "out", Settings(batch=8, max_tokens=32, rate=1e-3))
    assert facts["next_sentence"]
    assert not facts["fresh_head"]
    assert 0 <= facts["after"]["next_accuracy"] <= 1


def test_the_default_base_ships_no_head_so_a_fresh_one_is_tied_to_its_words() -> None:
    objective, fresh = pretrain_objective.load(base.locate())
    assert fresh
    assert objective.next is None
    assert objective.words.decoder.weight is objective.encoder.get_input_embeddings().weight


def test_pairs_are_consecutive_or_random_about_half_and_half() -> None:
    texts = [tuple(f"Sentence {n} of item {item} says something." for n in range(8)) for item in range(60)]
    found = pretrain_news.pairs(texts, 24, random.Random(1))  # noqa: S311 - an order, no secret
    assert all(passage.following in (pretrain_news.IS_NEXT, pretrain_news.IS_RANDOM) for passage in found)
    nexts = [passage for passage in found if passage.following == pretrain_news.IS_NEXT]
    assert 0.35 < len(nexts) / len(found) < 0.65
    wholes = [" ".join(text) for text in texts]
    assert all(any(f"{passage.first} {passage.second}" in whole for whole in wholes) for passage in nexts)


def test_no_passage_is_longer_than_asked_even_without_sentences() -> None:
    found = pretrain_news.singles([("word " * 1000,)], 32)
    assert len(found) > 30
    assert max(len(passage.first) for passage in found) <= 32 * pretrain_news.CHARACTERS


def test_of_fifteen_in_a_hundred_tokens_eighty_are_hidden_ten_replaced_and_ten_kept() -> None:
    ids = torch.full((200, 100), 5000)
    words = torch.arange(100).expand(200, 100).clone()
    words[:, 0] = pretrain_masking.NO_WORD
    masked, wanted = pretrain_masking.Masking(103, 30000, False)(ids, words, torch.Generator().manual_seed(1))
    chosen = wanted != UNKNOWN
    assert not chosen[:, 0].any()
    assert float(chosen[:, 1:].float().mean()) == pytest.approx(0.15, abs=0.01)
    assert (masked[~chosen] == 5000).all()
    assert float((masked[chosen] == 103).float().mean()) == pytest.approx(0.8, abs=0.03)
    assert float((masked[chosen] == 5000).float().mean()) == pytest.approx(0.1, abs=0.02)


def test_the_pieces_of_a_word_go_together_when_whole_words_are_masked() -> None:
    tokenizer = model.tokenizer(base.locate())
    rows = tokenizer.encode_batch(["unprofitability of Hydroxychloroquine manufacturers, restated"] * 50)
    ids, words = torch.tensor([row.ids for row in rows]), pretrain_masking.word_numbers(rows)
    assert words.max() + 1 < ids.shape[1] - 2
    masking = pretrain_masking.masking(tokenizer, whole_words=True)
    wanted = masking(ids, words, torch.Generator().manual_seed(1))[1]
    for row, numbers in zip(wanted != UNKNOWN, words, strict=True):
        assert all(len(set(row[numbers == word].tolist())) == 1 for word in set(numbers.tolist()))
    assert (wanted != UNKNOWN).any()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"", "holds no news"),
        (b'{"title": ""}\n', "holds no news"),
        (b'{"title": "A"}\n[1]\n', r"news:2: not a news item"),
        (b"\x1f\x8bbroken", "news: "),
    ],
)
def test_a_file_that_holds_no_news_is_one_clear_line(content: bytes | None, reason: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "news").write_bytes(content)
    with pytest.raises(UserError, match=reason) as caught:
        pretrain_news.read([tmp_path / "news"])
    assert "\n" not in str(caught.value)


def test_title_text_and_body_are_read_plain_or_gzipped_and_split_into_sentences(tmp_path: Path) -> None:
    items = {"title": "Profit up", "body": "It rose 3.5 pct.  She spoke.\nReuter"}, {"text": "Only a <b>text</b>"}
    (tmp_path / "news.gz").write_bytes(gzip.compress("\n\n".join(map(json.dumps, items)).encode()))
    found = pretrain_news.read([tmp_path / "news.gz"])
    assert [document[0] for document in found] == ["Profit up", "Only a text"]
    assert found[0][1:] == ("It rose 3.5 pct.", "She spoke.", "Reuter")


def test_the_command_prints_one_object_and_refuses_a_folder_in_use(tmp_path: Path) -> None:
    application = typer.Typer()
    application.command()(command)
    news, source, out = news_file(tmp_path / "news.jsonl"), small_base(tmp_path / "base"), tmp_path / "out"
    arguments = ["--news", str(news), "--base", str(source), "--out", str(out), "--max-tokens", "16", "--json"]
    result = CliRunner().invoke(application, arguments)
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["documents"] + facts["held_out"] == len(NEWS)
    assert facts["before"].keys() == facts["after"].keys() == {"masked_accuracy", "perplexity"}
    again = CliRunner().invoke(application, arguments)
    assert isinstance(again.exception, UserError)
    assert "exists already" in str(again.exception)


def test_too_few_news_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too few"):
        pretrain.split([("One item",)])
