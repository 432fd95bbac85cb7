"""The operator's runbook: the command line over `recovery`, with the engine that grows the recovery stack."""
