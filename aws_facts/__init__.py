"""Facts about AWS that the preflight and the AWS emulator share, each with its source: quotas with their defaults,
On-Demand families, zones with restrictions."""
