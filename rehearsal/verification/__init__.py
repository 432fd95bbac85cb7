"""Check with boto3 that the resources that recovery needs exist and are connected. No provisioning engine is
involved."""

from rehearsal.verification.check import Finding, leftovers, verify

__all__ = ["Finding", "leftovers", "verify"]
