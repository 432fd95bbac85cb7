"""Metrics as Prometheus sees them: who exposes which, what is derived from them, and what raises an alert."""
