"""Prometheus metrics and rules: metric families, recording rules and alerts."""
