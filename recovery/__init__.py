"""Moving order intake between the regions: what the operator's runbook and the function in the cloud both run."""
