"""The service, and tags on whatever it has."""

from aws_emulator.store import Service, Tagging

SERVICE = Service(
    "elasticache", "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Operations.html"
)
SERVICE.tagging(
    Tagging(
        tag="AddTagsToResource",
        untag="RemoveTagsFromResource",
        arn="ResourceName",
        tags="Tags",
        keys="TagKeys",
        answer="TagList",
        not_found="CacheClusterNotFound",
        moto_has=True,
    )
)
