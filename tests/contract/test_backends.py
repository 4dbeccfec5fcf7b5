"""Every backend that can run here, asked the same: the fp32 graph's answers, in order, whatever is beside a text."""

from dataclasses import dataclass

import numpy as np
import pytest
import small_artifact
import torch

from bearometer_shared.inference import encoding
from bearometer_shared.inference.artifact import FP32, INT8, TOKENIZER, verify
from bearometer_shared.inference.backend import Backend
from bearometer_shared.inference.encoding import Input
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.onnx_backend import OnnxBackend
from bearometer_shared.inference.torch_backend import TorchBackend

HEADS = ("sentiment", "topic", "entity")
NAMES = ["Fenwick", "Ardent plc", "a bank", "Corvo and Dunmore"]
WORDS = ["raises", "its", "profit", "forecast", "after", "strong", "sales", "and", "halts", "dividends"]
TEXTS = [f"{name} {' '.join(WORDS[:n])}" for n in range(0, len(WORDS), 3) for name in NAMES]
LONG = " ".join(WORDS * 40)
PAIRS: list[Input] = [(text, name) for text in TEXTS[::5] for name in NAMES[:2]]


@dataclass(frozen=True)
class Case:
    """A graph, the device and arithmetic that run it, and how far its probabilities may be from the fp32 graph's."""

    graph: str
    device: str
    dtype: torch.dtype | None
    tolerance: float

    def backend(self) -> Backend:
        path = small_artifact.folder() / self.graph
        return TorchBackend(path, self.device, self.dtype) if self.dtype else OnnxBackend(path, threads=2)


CASES = {
    "onnx-fp32": Case(FP32, "cpu", None, 1e-5),
    "onnx-int8": Case(INT8, "cpu", None, 0.1),
    "torch-fp32": Case(FP32, "cpu", torch.float32, 1e-5),
    "torch-bf16": Case(FP32, "cpu", torch.bfloat16, 0.03),
    "torch-cuda": Case(FP32, "cuda", torch.bfloat16, 0.03),
}


def made(backend: Backend) -> Engine:
    folder = small_artifact.folder()
    manifest = verify(folder)
    return Engine(manifest, encoding.reader(folder / TOKENIZER, manifest.max_tokens, manifest.marks_figures), backend)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    found = CASES[request.param]
    if found.device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU here")
    return found


@pytest.fixture(scope="module")
def engine(case: Case) -> Engine:
    return made(case.backend())


@pytest.fixture(scope="module")
def exact() -> Engine:
    return made(CASES["onnx-fp32"].backend())


@pytest.mark.parametrize(
    "inputs", [[*TEXTS, LONG, "", "?"], PAIRS, [*TEXTS[:5], *PAIRS[:5]]], ids=["texts", "pairs", "both"]
)
def test_it_answers_as_the_fp32_graph_does(engine: Engine, exact: Engine, case: Case, inputs: list[Input]) -> None:
    for got, wanted in zip(engine.probabilities(inputs, *HEADS), exact.probabilities(inputs, *HEADS), strict=True):
        assert got.dtype == np.float32
        assert np.abs(got - wanted).max() <= case.tolerance
        assert np.allclose(got.sum(1), 1, atol=1e-3)


def test_answers_come_in_the_order_of_the_inputs_and_a_text_that_comes_twice_gets_one_answer(
    engine: Engine, case: Case
) -> None:
    (forth,) = engine.probabilities(TEXTS, "sentiment")
    (back,) = engine.probabilities([*TEXTS[::-1], TEXTS[0]], "sentiment")
    assert np.abs(forth - back[-2::-1]).max() <= case.tolerance
    assert (back[-1] == back[-2]).all()


def test_only_the_heads_that_were_asked_for_answer_in_the_order_asked(engine: Engine) -> None:
    topic, entity = engine.probabilities(TEXTS[:3], "topic", "entity")
    assert topic.shape == (3, len(engine.manifest.topics))
    assert entity.shape == (3, 3)


def test_a_text_scores_the_same_alone_and_among_longer_ones(engine: Engine, case: Case) -> None:
    (together,) = engine.probabilities([*TEXTS, LONG], "sentiment")
    alone = np.concatenate([engine.probabilities([text], "sentiment")[0] for text in TEXTS[:4]])
    assert np.abs(together[:4] - alone).max() <= case.tolerance


def test_nothing_in_is_nothing_out(engine: Engine) -> None:
    assert engine.score([]) == []
    assert engine.towards([]) == []


def test_it_passes_the_golden_check_of_its_artifact(engine: Engine) -> None:
    engine.check()


def test_no_batch_is_larger_than_the_backend_says_and_none_is_lost(engine: Engine, case: Case) -> None:
    backend = case.backend()
    batches = list(engine.batches([*TEXTS, LONG]))
    limit = backend.micro_batch(sum(int(arrays["attention_mask"].sum()) for _, arrays in batches))
    assert all(len(where) == 1 or arrays["input_ids"].size <= limit for where, arrays in batches)
    assert sorted(place for where, _ in backend.run(batches, ["topic"]) for place in where) == list(
        range(len(TEXTS) + 1)
    )
