"""ElastiCache: replication groups, cache clusters, subnet and parameter groups, users and user groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Operations.html
The store implements all of these, so that member clusters show their group. moto's snapshots do not include them.
"""

from aws_emulator.additions.elasticache import clusters, networks, replication_groups, users
from aws_emulator.additions.elasticache.service import SERVICE

__all__ = ["SERVICE", "clusters", "install", "networks", "replication_groups", "users"]


def install() -> None:
    """Answer these actions from now on; further calls do nothing."""
    SERVICE.install()
