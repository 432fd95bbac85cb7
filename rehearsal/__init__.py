"""Rehearsal of both stacks and the failover drill against an in-memory AWS on this machine."""
