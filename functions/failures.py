"""What a failed AWS call says about what was done: nothing, or nobody knows."""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)

# Errors that pass by themselves; DynamoDB, Kinesis and SQS name them differently.
_PASSING = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "KMSThrottlingException",
        "LimitExceededException",
        "ReplicatedWriteConflictException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "InternalServerError",
        "InternalFailure",
    }
)
# Refused before anything was done, though the status says 5xx or the code says little.
_NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ProxyConnectionError, SSLError)


def code(error: BaseException) -> str:
    """The service's error code, or the name of the exception where no service answered."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def nothing_was_done(error: BaseException) -> bool:
    """Whether the call surely changed nothing: it never left, or the service answered that it refuses it (4xx)."""
    if isinstance(error, ClientError):
        return 400 <= error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500
    return isinstance(error, _NEVER_SENT)


def may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed later without anybody changing anything."""
    return not isinstance(error, ClientError) or code(error) in _PASSING or not nothing_was_done(error)
