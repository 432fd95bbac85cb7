"""What the runbook and the failover function share: how the platform moves from one region to the other."""
