"""Both stacks against an in-memory AWS on this machine, and the failover drill."""
