"""Availability Zones with restrictions."""

# EKS User Guide, "Amazon EKS networking requirements for VPC and subnets": zone ids that take no control plane.
WITHOUT_EKS = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
