"""What an evaluation of the flat program runs in the place of the platform's own `__main__.py`."""

from benchmarks.flat import declare

declare()
