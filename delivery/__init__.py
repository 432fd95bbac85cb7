"""Commands that builds run in addition to the engine, the same in every CI system."""
