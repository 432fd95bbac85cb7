"""Compares what both regions hold, by checksums of segments."""
