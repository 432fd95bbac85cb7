"""Print random docstrings for a review by a reader: `python -m tests.docs.sample --seed N [--count 100] [FOLDER ...]`.

The same seed, folders and files give the same sample. Judge each docstring without its code: is every sentence clear on
the first reading? At least 95 of 100 should be.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence

from tests.docs.prose import Text, docstrings, python_files

FOLDERS = (
    "__main__.py",
    "benchmarks",
    "blueprint",
    "components",
    "delivery",
    "functions",
    "policy",
    "preflight",
    "recovery",
    "rehearsal",
    "runbook",
)


def sample(seed: int, count: int, folders: Sequence[str]) -> list[Text]:
    """Return `count` docstrings of the folders, or all if there are fewer, in the order of files and lines."""
    found = [text for file in python_files(*folders) for text in docstrings(file)]
    chosen = random.Random(seed).sample(found, min(count, len(found)))
    return sorted(chosen, key=lambda text: (text.file, text.line))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the sample, one docstring after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.sample", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="seed of the random choice")
    parser.add_argument("--count", type=int, default=100, help="number of docstrings (default: %(default)s)")
    parser.add_argument("folders", nargs="*", default=FOLDERS, help="folders or files (default: the whole program)")
    options = parser.parse_args(arguments)
    chosen = sample(options.seed, options.count, options.folders)
    for number, text in enumerate(chosen, start=1):
        print(f"{number}. {text.place}\n{text.text.strip()}\n")
    print(f"{len(chosen)} docstrings, seed {options.seed}")


if __name__ == "__main__":
    main()
