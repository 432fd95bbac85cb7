"""Translate a blueprint into Terraform JSON, which the genuine AWS provider applies.

pulumi-aws bridges the same provider, so rules translate types, properties and outputs. `Lowered.unsupported_arguments`
lists every argument that the provider lacks.
"""

from rehearsal.lowering.document import Lowered, LoweringError, lower

__all__ = ["Lowered", "LoweringError", "lower"]
