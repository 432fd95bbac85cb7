"""How many random inputs the tests of the front doors try, and which.

`make random-inputs` runs these tests alone, with 10,000 inputs each. INPUT_EXAMPLES sets the count and INPUT_SEED the
seed. Without them each test keeps its own small count and seed, so that an ordinary run is short and repeatable.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import seed

_COUNT = os.environ.get("INPUT_EXAMPLES")
_SEED = int(os.environ.get("INPUT_SEED", "0"))

random_inputs = pytest.mark.random_inputs
"""Marks a test of random inputs."""


def count(ordinary: int) -> int:
    """Inputs of a test: INPUT_EXAMPLES, or its own count."""
    return int(_COUNT) if _COUNT else ordinary


def seeded(own: int) -> Callable[[Any], Any]:
    """Give a test its own seed, moved by INPUT_SEED."""
    return seed(own + _SEED)
