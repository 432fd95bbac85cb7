"""Looks at the cloud with boto3, apart from any engine: is what recovery depends on really there, and joined?"""

from rehearsal.verification.check import Finding, leftovers, verify

__all__ = ["Finding", "leftovers", "verify"]
