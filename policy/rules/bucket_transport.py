"""Whether the policies of a bucket deny plain HTTP for all of it: the bucket itself, and every object in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policy import tokens as t
from policy.actions import matches
from policy.documents import statements
from policy.resources import Resource
from policy.stack import Stack
from policy.values import Unknown, has_reference, with_references

_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_ITSELF = "\x00"
"""The name of a bucket that a reference gives; no name of a bucket has the character."""
_EVERYTHING = "the bucket and its objects"
_OBJECT = "\x01/any object/\x01"
"""The key of an object that a pattern takes in only if it takes all in."""


def open_to_plain(bucket: Resource, stack: Stack, policies: Sequence[Resource]) -> str | None:
    """What of the bucket requests without TLS may reach, None where nothing is left.

    Actions on the bucket are checked against its ARN, actions on objects against theirs (Service Authorization
    Reference, "Actions, resources, and condition keys for Amazon S3"), so that a denial for `bucket/*` alone leaves
    s3:ListBucket open. Raises `NotEvaluatedError`.
    """
    patterns = [pattern for policy in policies for pattern in _denied(policy, bucket, stack)]
    left = (_left(patterns, arn) for arn in _arns(bucket))
    return min(left, key=len, default=_EVERYTHING) or None


def _left(patterns: Iterable[str], arn: str) -> str:
    patterns = tuple(patterns)
    itself = any(matches(pattern, arn) for pattern in patterns)
    objects = any(matches(pattern, f"{arn}/{_OBJECT}") for pattern in patterns)
    if itself:
        return "" if objects else "its objects"
    return "the bucket itself" if objects else _EVERYTHING


def _denied(policy: Resource, bucket: Resource, stack: Stack) -> Iterator[str]:
    """Patterns of what a policy denies by plain HTTP; references are replaced by what they stand for."""
    for statement in statements(policy.document("policy")):
        if statement.denies_plain_transport:
            for pattern in statement.resources:
                yield with_references(pattern, lambda text: _meant(text, policy, bucket, stack))


def _meant(reference: str, policy: Resource, bucket: Resource, stack: Stack) -> str:
    """What a reference in an ARN stands for; one that leads to no bucket of the plan may be any text."""
    found = [r for r in stack.resolved(policy, "policy", reference, t.BUCKET) if isinstance(r, Resource)]
    if not found:
        return "*"
    if bucket not in found:
        return "another bucket"
    return f"arn:*:s3:::{_ITSELF}" if reference.endswith("#arn}") else _ITSELF


def _arns(bucket: Resource) -> Iterator[str]:
    """The ARNs by which a policy may name the bucket."""
    names = {_ITSELF}
    known = bucket.identity.get("bucket") or bucket.peek("bucket")
    if isinstance(known, Unknown):
        known.refuse()
    if isinstance(known, str) and known:
        # A name that is computed is compared as it is written.
        names.add(with_references(known, lambda _: "computed") if has_reference(known) else known)
    else:
        names.add(f"{bucket.text('bucketPrefix') or bucket.name}-0123456")
    for name in names:
        yield from (f"arn:{partition}:s3:::{name}" for partition in _PARTITIONS)
