"""`bench score`: who is compared with whom, on what, and how a ceiling is reckoned. Never how fast this machine is."""

import json
from pathlib import Path

import pytest
import small_artifact
import tiny_bert
import torch

from bearometer_cli.bench import ceiling, gpu, gpu_contenders, headlines, hugging_face, score
from bearometer_cli.bench.ceiling import Peak, Work
from bearometer_cli.bench.commands import bench
from bearometer_cli.bench.contenders import Contender, contenders, token_counts
from bearometer_shared.errors import UserError
from bearometer_shared.inference.engine import Engine
from bearometer_shared.taxonomy import SENTIMENTS

TEXTS = ["profit up", "loss widens at a maker of valves", "bank halts withdrawals", "oil falls", "cocoa steady"]
SEEN = {
    "ours": [100.0, 50.0, 90.0],
    "onnx_whole": [110.0, 60.0, 80.0],
    "onnx_apart": [200.0, 100.0, 180.0],
    "hf_single": [2.0, 1.0, 2.0],
    "hf_batched": [20.0, 10.0, 30.0],
    "ceiling_fp32": [200.0, 200.0, 200.0],
    "ceiling_int8": [400.0, 400.0, 400.0],
}


def test_a_ratio_is_taken_within_a_round_so_that_a_slow_spell_weighs_on_both() -> None:
    found = score.figures_of(SEEN, is_int8=True)
    assert (found["rate"], found["hf_single_rate"], found["hf_batched_rate"]) == (90.0, 2.0, 20.0)
    assert (found["times_single"], found["times_batched"]) == (50.0, 5.0)


def test_onnx_runtime_is_taken_as_it_is_faster() -> None:
    found = score.figures_of(SEEN, is_int8=True)
    assert found["onnx_rate"] == found["onnx_apart_rate"] == 180.0
    assert found["of_onnx"] == 0.5


def test_a_graph_is_held_against_the_ceiling_of_its_own_arithmetic() -> None:
    assert score.figures_of(SEEN, is_int8=True)["ceiling_rate"] == 400.0
    assert score.figures_of(SEEN, is_int8=False)["ceiling_rate"] == 200.0


def test_all_are_given_the_same_texts_in_turns_and_every_text_is_used() -> None:
    turns: list[tuple[str, list[str]]] = []
    texts = [str(n) for n in range(13)]

    def contender(name: str) -> Contender:
        return lambda some: turns.append((name, list(some))) or 1.0  # type: ignore[func-returns-value]  # notes it

    rates = score.rounds({"a": contender("a"), "b": contender("b")}, texts, lambda line: None)
    measured = turns[2:]
    assert [name for name, _ in measured] == ["a", "b"] * score.ROUNDS
    assert all(a[1] == b[1] for a, b in zip(measured[::2], measured[1::2], strict=True))
    assert sorted(text for _, part in measured[::2] for text in part) == sorted(texts)
    assert rates == {"a": [1.0] * score.ROUNDS, "b": [1.0] * score.ROUNDS}


def test_work_counts_the_weights_of_linear_layers_and_the_square_of_the_tokens() -> None:
    found = ceiling.work(tiny_bert.heads().encoder, [3, 5])
    assert found == Work(items=2, linear=2 * 2 * (4 * 32 * 32 + 2 * 32 * 64) * 8, attention=4 * 2 * 32 * (9 + 25))


def test_the_int8_ceiling_still_attends_in_fp32() -> None:
    work = Work(items=10, linear=800, attention=200)
    assert work.fp32_rate(100) == pytest.approx(1.0)
    assert work.int8_rate(fp32=100, int8=400) == pytest.approx(10 / (2 + 2))


def test_a_peak_is_measured_by_real_products() -> None:
    peak = Peak(tiny_bert.heads().encoder, threads=1)
    assert peak.fp32() > 0
    assert peak.int8() > 0


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(small_artifact.folder(), threads=1)


def test_every_contender_scores_the_same_model(engine: Engine) -> None:
    folder = small_artifact.folder()
    plain = hugging_face.text_classification(folder)
    assert {answer["label"] for answer in plain(TEXTS)} <= set(SENTIMENTS)
    found = contenders(engine, folder / engine.manifest.serve, plain, threads=1)
    assert set(found) == set(SEEN)
    assert all(contender(TEXTS) > 0 for contender in found.values())


def test_padding_is_no_work(engine: Engine) -> None:
    assert sorted(token_counts(engine, ["up", "profit up again"])) == [3, 5]


def test_agreement_is_a_share_of_texts(engine: Engine) -> None:
    assert score.agreement(small_artifact.folder(), [row.text for row in small_artifact.UNSEEN], 1) > 0.5


def test_the_machine_is_named_with_its_threads_and_the_graph(engine: Engine) -> None:
    facts = score.machine(engine, 1)
    assert (facts["threads"], facts["graph"], facts["model_version"]) == (1, engine.manifest.serve, engine.version)
    assert facts["processor"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, and it would be measured")
def test_without_a_gpu_nothing_is_said_of_one() -> None:
    assert gpu.figures(small_artifact.folder(), TEXTS, TEXTS, lambda line: None) == {}


def test_what_a_gpu_would_run_runs_on_a_processor_too() -> None:
    cpu = torch.device("cpu")
    assert gpu.matrix_peak(cpu, side=64, seconds=0.01) > 0
    found = gpu.scoring(small_artifact.folder(), TEXTS, cpu, peak=1e9, seconds=0.01)
    assert set(found) == {"rate", "graph_rate", "sdpa_rate", "of_peak", "graph_of_peak"}
    assert all(float(figure) > 0 for figure in found.values())
    assert gpu.training(small_artifact.folder(), ["up", "down"], "lora", steps=3) > 0


def test_onnx_runtime_takes_the_graph_in_fp16(engine: Engine) -> None:
    batches = list(engine.batches(TEXTS))
    gpu_contenders.onnx_fp16(small_artifact.folder(), batches, "CPUExecutionProvider")()


def _news(path: Path, bodies: list[str]) -> Path:
    path.write_text("".join(json.dumps({"title": body[:9], "body": body}) + "\n" for body in bodies))
    return path


def test_a_lead_is_the_beginning_of_a_body_and_comes_once(tmp_path: Path) -> None:
    long = " ".join(f"word{n}" for n in range(100))
    found = headlines.leads(_news(tmp_path / "n.jsonl", ["too short", long, long, "other " + long]), 2)
    assert [len(lead.split()) for lead in found] == [headlines.LEAD_WORDS] * 2
    assert found[0].startswith("word0 word1 ")
    assert found[1].startswith("other word0 ")


def test_too_few_leads_are_a_line_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"n\.jsonl: 0 bodies of 66 words; 3 are needed"):
        headlines.leads(_news(tmp_path / "n.jsonl", ["short"]), 3)


def test_a_missing_file_is_said_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.jsonl"):
        bench("score", file=tmp_path / "gone.jsonl")


def test_an_unknown_benchmark_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"'speed'; there are: alerts, entities, learning, pipeline, pseudo, score, "):
        bench("speed")
