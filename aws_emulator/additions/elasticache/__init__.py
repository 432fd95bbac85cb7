"""ElastiCache: replication groups, cache clusters, subnet and parameter groups, users and user groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Operations.html
The store has all of these, so that a group is seen in its member clusters; snapshots of moto's do not know them.
"""

from aws_emulator.additions.elasticache import clusters, networks, replication_groups, users
from aws_emulator.additions.elasticache.service import SERVICE

__all__ = ["SERVICE", "clusters", "install", "networks", "replication_groups", "users"]


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
