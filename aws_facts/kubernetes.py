"""Kubernetes versions of Amazon EKS."""

# Amazon EKS User Guide, "Understand the Kubernetes version lifecycle on EKS" (October 2026): versions in standard or
# extended support. Extended support of 1.31 ended on 26 November 2026. `python -m preflight` asks the account.
VERSIONS = ("1.32", "1.33", "1.34", "1.35", "1.36")
