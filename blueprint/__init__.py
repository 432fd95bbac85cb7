"""Record a stack's resource graph in-process, without an engine, for tests, policy, rehearsal and report."""

from blueprint.model import Blueprint, BlueprintError, Resource
from blueprint.program import record, record_dr, record_primary

__all__ = ["Blueprint", "BlueprintError", "Resource", "record", "record_dr", "record_primary"]
