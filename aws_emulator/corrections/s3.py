"""S3: replication as it was configured, metrics and intelligent-tiering configurations, and no bucket lost by mistake.

- GetBucketReplication answers the configuration that was put.
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html
- Metrics and intelligent-tiering configurations are documents with an id below the bucket.
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketIntelligentTieringConfiguration.html
- A request for a sub-resource of a bucket never falls through to the bucket: moto would delete the bucket when asked to
  delete a sub-resource that it does not know.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import xmltodict
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from aws_emulator.corrections._patch import around

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_DOCUMENTS = {
    "metrics": ("MetricsConfiguration", "ListMetricsConfigurationsResult"),
    "intelligent-tiering": ("IntelligentTieringConfiguration", "ListBucketIntelligentTieringConfigurationsOutput"),
    "analytics": ("AnalyticsConfiguration", "ListBucketAnalyticsConfigurationResult"),
}
_NOT_A_SUBRESOURCE = ("x-", "X-", "AWSAccessKeyId", "Signature", "Expires")
_MOTO_DELETES = frozenset(
    [
        "policy",
        "tagging",
        "website",
        "cors",
        "lifecycle",
        "publicAccessBlock",
        "encryption",
        "replication",
        "ownershipControls",
    ]
)


class NoSuchConfigurationError(S3ClientError):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList"""

    code = "NoSuchConfiguration"
    message = "The specified configuration does not exist."


class SubresourceNotEmulatedError(S3ClientError):
    """A sub-resource of a bucket that neither moto nor this correction knows."""

    code = "NotImplemented"

    def __init__(self, names: set[str]) -> None:
        super().__init__(f"not emulated: DELETE of the bucket's {', '.join(sorted(names))}")


@cache
def install() -> None:
    around(S3Response, "_bucket_response", _bucket_response)
    around(S3Response, "get_bucket_replication", _get_replication)
    around(S3Backend, "put_bucket_replication", _put_replication)


def _bucket_response(original: Any, response: S3Response, request: Any, full_url: str) -> Any:
    query = response._get_querystring(request, full_url)
    for kind in _DOCUMENTS:
        if kind in query:
            bucket = response.backend.get_bucket(response.parse_bucket_name_from_url(request, full_url))
            identity = query.get("id")
            return _document(bucket, kind, request.method, identity[0] if identity else None, response.body)
    if request.method == "DELETE":
        unknown = {name for name in query if not name.startswith(_NOT_A_SUBRESOURCE)} - _MOTO_DELETES
        if unknown:
            raise SubresourceNotEmulatedError(unknown)
    return original(response, request, full_url)


def _document(bucket: FakeBucket, kind: str, method: str, identity: str | None, body: Any) -> Any:
    documents: dict[str, dict[str, Any]] = vars(bucket).setdefault(f"{kind} configurations", {})
    element, list_element = _DOCUMENTS[kind]
    if identity is None:
        listed = {"@xmlns": _NAMESPACE, "IsTruncated": "false", element: list(documents.values())}
        return xmltodict.unparse({list_element: listed})
    if method == "PUT":
        documents[identity] = xmltodict.parse(body)[element]
        return 200, {}, ""
    if identity not in documents:
        raise NoSuchConfigurationError
    if method == "DELETE":
        del documents[identity]
        return 204, {}, ""
    return xmltodict.unparse({element: {**documents[identity], "@xmlns": _NAMESPACE}})


def _put_replication(original: Any, backend: S3Backend, bucket_name: str, replication: dict[str, Any]) -> None:
    """Priority is given, or absent as in rules with a prefix: moto would make one up."""
    rules = replication["Rule"] if isinstance(replication["Rule"], list) else [replication["Rule"]]
    without = [rule for rule in rules if "Priority" not in rule]
    original(backend, bucket_name, replication)
    for rule in without:
        del rule["Priority"]


def _get_replication(original: Any, response: S3Response) -> Any:
    replication = response.backend.get_bucket_replication(response.bucket_name)
    if not replication:
        return original(response)
    response.data["Action"] = "GetBucketReplication"
    return xmltodict.unparse({"ReplicationConfiguration": {**replication, "@xmlns": _NAMESPACE}})
