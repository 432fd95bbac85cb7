"""A blueprint written as Terraform JSON, for the genuine AWS provider to carry out.

pulumi-aws is a bridge over that same provider, so types, properties and outputs translate by rule. What the
provider does not know is listed by name in `Lowered.unsupported_arguments`, never dropped in silence.
"""

from rehearsal.lowering.document import Lowered, LoweringError, lower

__all__ = ["Lowered", "LoweringError", "lower"]
