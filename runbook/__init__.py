"""The failover runbook: plan, journal, steps, engine."""
