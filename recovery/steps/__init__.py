"""The steps of all runs: each observes, acts, verifies, and is safe to repeat."""
