"""What unit tests of the training kit share."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def one_thread() -> Iterator[None]:
    """torch on one thread: on matrices this small, more of them only wait for each other."""
    import torch  # slow to load, and most unit tests never need it

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
