"""Monthly cost estimate of a blueprint, from a dated price table."""
