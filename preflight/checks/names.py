"""Names that must be free: buckets, which all accounts share, and secrets that wait for their deletion."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account import Account, code_of
from preflight.declared import Declared
from preflight.model import Answer, Question, ok, stops

_BUCKET = "aws:s3/bucket:Bucket"
_SECRET = "aws:secretsmanager/secret:Secret"


class Names:
    """Reads names of buckets and secrets; calls s3:HeadBucket, s3:GetBucketTagging and secretsmanager:DescribeSecret;
    stops where another owner has the bucket, or where a secret of the name waits for its deletion."""

    name = "name"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for bucket in declared.of_type(None, _BUCKET):
            if isinstance(bucket.properties.get("bucket"), str):
                yield _bucket(declared, declared.region_of(bucket), str(bucket.properties["bucket"]))
        for secret in declared.of_type(None, _SECRET):
            region = declared.region_of(secret)
            replicas = [str(replica["region"]) for replica in secret.properties.get("replicas", [])]
            for place in (region, *replicas):
                yield _secret(declared, place, str(secret.properties["name"]))


def _bucket(declared: Declared, region: str, name: str) -> Question:
    def ask(account: Account) -> Answer:
        errors = account.client("s3", region).exceptions
        try:
            account.call("s3", region, "head_bucket", Bucket=name)
        except errors.ClientError as error:
            # S3 API Reference, HeadBucket: 404 for no bucket, 403 for another's, 301 for one in another region.
            code = code_of(error)
            if code in ("404", "NoSuchBucket", "NotFound"):
                return ok("free")
            if code in ("403", "AccessDenied", "Forbidden", "301", "PermanentRedirect"):
                return stops("taken, by another account or in another region", "set another namePrefix")
            raise
        try:
            tags = account.call("s3", region, "get_bucket_tagging", Bucket=name)["TagSet"]
        except errors.ClientError as error:
            if code_of(error) != "NoSuchTagSet":
                raise
            tags = []
        if declared.tags.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items():
            return ok("the stack's own")
        return stops(
            "exists in this account, and is not the stack's", "delete it, import it, or set another namePrefix"
        )

    return Question(Names.name, f"bucket {name}", region, "free", ask)


def _secret(declared: Declared, region: str, name: str) -> Question:
    def ask(account: Account) -> Answer:
        try:
            found = account.call("secretsmanager", region, "describe_secret", SecretId=name)
        except account.client("secretsmanager", region).exceptions.ResourceNotFoundException:
            return ok("free")
        if "DeletedDate" in found:
            return stops(
                f"scheduled for deletion on {found['DeletedDate']:%Y-%m-%d}",
                f"aws secretsmanager delete-secret --region {region} --secret-id {name} "
                "--force-delete-without-recovery, once restored; or wait",
            )
        if declared.tags.items() <= {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}.items():
            return ok("the stack's own")
        return stops("exists, and is not the stack's", "delete it, import it, or set another namePrefix")

    return Question(Names.name, f"secret {name}", region, "free", ask)
