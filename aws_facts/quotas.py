"""Service quotas by code, with AWS's defaults, as `aws service-quotas list-aws-default-service-quotas` lists them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """A quota of Service Quotas. A new account may have less than the default."""

    service: str
    code: str
    name: str
    default: int


_ROWS = (
    Quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5),
    Quota("vpc", "L-F678F1CE", "VPCs per Region", 5),
    Quota("vpc", "L-A4707A72", "Internet gateways per Region", 5),
    Quota("vpc", "L-407747CB", "Subnets per VPC", 200),
    Quota("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5),
    Quota("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", 50),
    Quota("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", 20),
    Quota("vpc", "L-E79EC296", "VPC security groups per Region", 2500),
    Quota("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60),
    Quota("vpc", "L-B4A6D682", "Network ACLs per VPC", 200),
    Quota("vpc", "L-2AEEBF1A", "Rules per network ACL", 20),
    Quota("vpc", "L-589F43AA", "Route tables per VPC", 200),
    Quota("vpc", "L-93826ACB", "Routes per route table", 500),
    Quota("ec2", "L-A2478D36", "Transit gateways per account", 5),
    Quota("ec2", "L-4FB7FF5D", "Customer gateways per region", 50),
    Quota("ec2", "L-3E6EC3A3", "Site-to-Site VPN connections per Region", 50),
    Quota("fargate", "L-3032A538", "Fargate On-Demand vCPU resource count", 6),
    Quota("eks", "L-1194D53C", "Clusters", 100),
    Quota("elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", 50),
    Quota("elasticloadbalancing", "L-69A177A2", "Network Load Balancers per Region", 50),
    Quota("kms", "L-C2F1777E", "Customer Master Keys (CMKs)", 100000),
    Quota("dynamodb", "L-F98FE922", "Maximum number of tables", 2500),
    Quota("iam", "L-0DA4ABF3", "Managed policies per role", 10),
    Quota("iam", "L-4019AD8B", "Managed policies per user", 10),
    Quota("iam", "L-384571C4", "Managed policies per group", 10),
    Quota("lambda", "L-B99A9384", "Concurrent executions", 1000),
)
QUOTAS = {quota.code: quota for quota in _ROWS}
"""By code. A test compares those of VPC with the list that moto keeps."""
