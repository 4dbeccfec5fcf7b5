"""Which backend is chosen, and that torch runs whatever graph the training kit exports."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import small_artifact
import tiny_bert
import torch
from onnx import TensorProto, helper
from torch.fx import GraphModule
from torch.nn import functional
from transformers import MPNetConfig, MPNetModel

from bearometer_shared.errors import ArtifactError, UserError
from bearometer_shared.inference import backend, torch_graph
from bearometer_shared.inference.artifact import FP32
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.torch_fusion import attention, linear
from bearometer_shared.settings import Settings
from bearometer_training import export, recipes
from bearometer_training.model import Heads

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
LAYERS = 2
NO_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, and it would be used")


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "DRIVER", ("/no/such/device",))


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "DRIVER", ("/",))


def test_without_a_driver_torch_is_not_even_loaded() -> None:
    look = "from bearometer_shared.inference import backend as b; b.DRIVER = (); b.on_cuda('auto')"
    asked = f"import sys; {look}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


@pytest.mark.usefixtures("no_driver")
def test_auto_without_a_gpu_serves_the_artifacts_own_graph_on_the_cpu() -> None:
    engine = Engine.load(small_artifact.folder(), threads=2, device="auto")
    assert engine.runs_on == f"ONNX Runtime, {engine.manifest.serve} on the CPU, threads: 2"


@pytest.mark.usefixtures("no_driver")
def test_a_gpu_that_is_demanded_and_absent_is_one_line() -> None:
    with pytest.raises(UserError, match="BEAROMETER_DEVICE=cuda: this machine shows no NVIDIA driver"):
        Engine.load(small_artifact.folder(), device="cuda")


@NO_GPU
@pytest.mark.usefixtures("driver")
def test_a_driver_without_a_gpu_is_no_gpu() -> None:
    assert backend.cuda_missing() == "torch finds no GPU that it can use"
    assert not backend.on_cuda("auto")


@pytest.mark.usefixtures("driver")
def test_what_must_be_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "NEEDED", ("torch", "no_such_package"))
    assert backend.cuda_missing() == "no_such_package must be installed to use the GPU"


@pytest.mark.usefixtures("no_driver")
def test_a_graph_that_is_asked_for_by_name_runs_on_the_cpu_whatever_the_setting() -> None:
    assert "model.onnx on the CPU" in Engine.load(small_artifact.folder(), graph=FP32, device="cuda").runs_on


def test_the_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().device == "auto"
    monkeypatch.setenv("BEAROMETER_DEVICE", "cuda")
    assert Settings().device == "cuda"


def bert() -> Heads:
    return tiny_bert.heads()


def mpnet() -> Heads:
    torch.manual_seed(3)
    config = MPNetConfig(
        hidden_size=tiny_bert.WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=64,
        attn_implementation="eager",
    )
    return Heads(MPNetModel(config, add_pooling_layer=False), tiny_bert.WIDTH)


def exported(model: Heads, recipe: str, path: Path) -> Path:
    """The graph of a model after a recipe, with every weight that learns moved."""
    torch.manual_seed(7)
    found = recipes.attach(model, recipe, 10)
    with torch.no_grad():
        for weight in found.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn_like(weight)
    export.to_onnx(recipes.merge(found).eval(), path, {"sentiment": 1.3})
    return path


def fed(lengths: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Random tokens of these lengths, padded; the last two of each are its second part."""
    places, ends = np.arange(max(lengths))[None], np.array(lengths)[:, None]
    mask = (places < ends).astype(np.int64)
    ids = np.random.default_rng(5).integers(1000, 5000, mask.shape)
    return {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": mask * (places >= ends - 2)}


def calls(module: GraphModule) -> Counter[object]:
    return Counter(node.target for node in module.graph.nodes if node.op == "call_function")


@pytest.mark.parametrize(
    ("make", "recipe"),
    [(bert, "full"), (bert, "adapter"), (bert, "prefix"), (bert, "prompt"), (mpnet, "full"), (mpnet, "adapter")],
)
def test_torch_answers_as_onnx_runtime_does_with_attention_in_one_call(make, recipe: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # one of the two above
    path = exported(make(), recipe, tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names, module = torch_graph.load(path, CPU, torch.float32)
    for lengths in ((4,), (17, 9, 5)):
        given = fed(lengths)
        with torch.inference_mode():
            got = module(**{name: torch.from_numpy(array) for name, array in given.items()})
        wanted = session.run(names, given)
        assert all(np.allclose(a.numpy(), b, atol=1e-5) for a, b in zip(got, wanted, strict=True))
    found = calls(module)
    assert found[attention] == LAYERS
    assert found[functional.gelu] >= LAYERS
    assert found[linear] >= 6 * LAYERS


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_encoder_is_in_16_bits_and_the_heads_are_not(dtype: torch.dtype, tmp_path: Path) -> None:
    path = exported(bert(), "full", tmp_path / "graph.onnx")
    _, module = torch_graph.load(path, CPU, dtype)
    weights = Counter(buffer.dtype for buffer in module.buffers() if buffer.is_floating_point() and buffer.ndim == 2)
    assert weights[torch.float32] == 3
    assert weights[dtype] == 6 * LAYERS + 3
    with torch.inference_mode():
        answers = module(**{name: torch.from_numpy(array) for name, array in fed((5,)).items()})
    assert {answer.dtype for answer in answers} == {torch.float32}


def test_an_operator_that_is_unknown_is_named_with_the_way_out(tmp_path: Path) -> None:
    given, found = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("Sin", ["x"], ["y"])], "graph", [given], [found])
    onnx.save(helper.make_model(graph), tmp_path / "graph.onnx")
    with pytest.raises(ArtifactError, match=r"cannot run Sin; BEAROMETER_DEVICE=cpu serves it"):
        torch_graph.load(tmp_path / "graph.onnx", CPU, torch.float32)
