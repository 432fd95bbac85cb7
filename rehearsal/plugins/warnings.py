"""The warnings by which a plugin tells the rehearsal what it could not do; each is shown beside its resource."""

NOT_MADE = "not made: "
"""Begins the reason why nothing stands for a resource."""

UNSUPPORTED = "this provider does not know the argument "
"""Begins the name of an argument that is left out."""
