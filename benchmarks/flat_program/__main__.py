"""Entry point of the flat program; it replaces the platform's own `__main__.py`."""

from benchmarks.flat import declare

declare()
