"""Prefixes of warnings about unsupported resources and arguments. The rehearsal reads them; each belongs to a
resource."""

NOT_MADE = "not made: "
"""Prefix of the reason why a resource was not created."""

UNSUPPORTED = "this provider lacks the argument "
"""Prefix of the name of an ignored argument."""
