"""Observes the primary from the recovery region."""
