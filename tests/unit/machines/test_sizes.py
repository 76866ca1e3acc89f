"""Which sizes are tried for a machine that lacks memory, and in which order."""

from __future__ import annotations

import pytest

from shared.machines.sizes import candidates, no_help, series_of
from shared.model.outcomes import MachineType


@pytest.mark.parametrize(
    ("now", "cpus", "memory_mb", "tried"),
    [
        ("n2-standard-4", 4, 16_384, ["n2-standard-8", "n2-highmem-4", "n2-custom-4-24576"]),
        ("n2-highmem-4", 4, 32_768, ["n2-highmem-8"]),
        ("n2-highcpu-4", 4, 4_096, ["n2-highcpu-8", "n2-highmem-4", "n2-custom-4-6144"]),
        ("n1-standard-1", 1, 3_840, ["n1-standard-2", "n1-highmem-1", "custom-1-5888"]),
        ("n2-standard-32", 32, 131_072, ["n2-standard-48", "n2-standard-60", "n2-standard-64", "n2-highmem-32",
                                         "n2-custom-32-196608"]),
        ("e2-medium", 2, 4_096, ["e2-standard-2"]),
        ("e2-micro", 2, 1_024, ["e2-small"]),
        ("f1-micro", 1, 614, ["g1-small"]),
        ("custom-2-7680", 2, 7_680, ["custom-2-11520"]),
        ("n2-custom-6-18432", 6, 18_432, ["n2-custom-6-27648"]),
        ("n2-custom-4-32768", 4, 32_768, []),
        ("m1-ultramem-40", 40, 984_064, []),
        ("c3-standard-4-lssd", 4, 16_384, []),
        ("nonsense", 1, 1, []),
    ],
)  # fmt: skip
def test_the_next_size_comes_first_then_more_memory_then_a_size_made_to_measure(
    now: str, cpus: int, memory_mb: int, tried: list[str]
) -> None:
    assert candidates(now, cpus, memory_mb) == tried


def test_a_size_made_to_measure_has_an_even_number_of_cpus_and_whole_steps_of_memory() -> None:
    assert candidates("n2-custom-3-9216", 3, 9_216) == []
    (made,) = candidates("n2-custom-4-9472", 4, 9_472)
    assert int(made.rpartition("-")[2]) % 256 == 0
    assert int(made.rpartition("-")[2]) >= 1.5 * 9_472


@pytest.mark.parametrize(("name", "series"), [("f1-micro", "n1"), ("custom-2-7680", "n1"), ("n2d-standard-2", "n2d")])
def test_sizes_of_old_names_belong_to_a_series_too(name: str, series: str) -> None:
    assert series_of(name) == series


@pytest.mark.parametrize(
    ("cpus", "memory_mb", "helps"),
    [(8, 32_768, True), (4, 24_576, True), (4, 24_575, False), (9, 32_768, False), (4, 32_769, False)],
)
def test_a_size_helps_with_half_as_much_again_and_at_most_twice(cpus: int, memory_mb: int, helps: bool) -> None:
    old = MachineType(name="old", cpus=4, memory_mb=16_384)
    assert (no_help(old, MachineType(name="new", cpus=cpus, memory_mb=memory_mb)) == "") is helps
