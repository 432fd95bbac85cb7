"""Decides about a failover in the cloud, and runs it by the runbook's own steps."""
