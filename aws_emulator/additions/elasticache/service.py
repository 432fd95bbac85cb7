"""The ElastiCache service of the store, and the tags of its resources."""

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
