"""`bench swap`: what its rounds are told as."""

from bearometer_cli.bench import swap
from bearometer_cli.bench.swap import CALM, Round


def test_rounds_with_a_swap_are_told_beside_calm_ones_and_the_first_swap_apart() -> None:
    calm = [Round([0.1, 0.2], 0, None, 200.0 + n) for n in range(CALM)]
    first = Round([0.3], 0, 14.0, 210.0)
    back = [Round([0.1, 0.4], n, 6.0 + n, 220.0 + n) for n in range(3)]
    found = swap.told([*calm, first, *back])
    assert (found["swaps"], found["lost"]) == (4, 0 + 1 + 2)
    assert (found["first_swap_s"], found["rollback_p50_s"], found["rollback_max_s"]) == (14.0, 7.0, 8.0)
    assert (found["waited_calm_max_s"], found["waited_swap_max_s"]) == (0.2, 0.4)
    assert (found["memory_before"], found["memory_after"]) == (200.0 + CALM - 1, 222.0)
