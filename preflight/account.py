"""The account that is asked: clients, remembered answers, and what to say when AWS does not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    CredentialRetrievalError,
    InvalidConfigError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from preflight.model import Answer, Verdict

# A quota is asked for at 10 calls a second (Service Quotas API, throttling): adaptive mode slows this client down.
_TRIES = 4
_CONNECT_SECONDS, _READ_SECONDS = 5, 20
# boto3's default of 10 is fewer than the threads that ask.
_CONNECTIONS = 32

_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown",
     "RequestThrottled", "RequestThrottledException", "LimitExceededException"}
)  # fmt: skip
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
)  # fmt: skip
_CREDENTIALS = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken", "ExpiredTokenException", "AuthFailure",
     "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidAccessKeyId"}
)  # fmt: skip

ClientFactory = Callable[[str, str], Any]


class CannotAskError(Exception):
    """No question can be asked; the message says why and what to do. Nothing was changed."""


def make_client(service: str, region: str) -> Any:
    """A boto3 client with the credentials of the environment."""
    with _MAKING:
        return _session().client(
            service,
            region_name=region,
            config=Config(
                retries={"mode": "adaptive", "total_max_attempts": _TRIES},
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                max_pool_connections=_CONNECTIONS,
                s3={"addressing_style": "auto"},
            ),
        )


@dataclass
class Account:
    """Clients of one account. Answers are remembered: checks that need the same list make one call for it.

    `emulated` is true for the in-memory AWS, which lacks some of the calls.
    """

    client_of: ClientFactory = make_client
    emulated: bool = False
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _answers: dict[Any, Future[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region, made once."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self.client_of(service, region)
            return self._clients[key]

    def once(self, key: Any, call: Callable[[], Any]) -> Any:
        """The answer of `call`, made once for each key; an exception is remembered too."""
        with self._lock:
            future = self._answers.get(key)
            mine = future is None
            if future is None:
                future = self._answers[key] = Future()
        if mine:
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised below, and for everybody who asks the same
                future.set_exception(error)
        return future.result()

    def call(self, service: str, region: str, operation: str, **parameters: Any) -> Any:
        """One call, made once for the same parameters. Raises `ClientError`."""
        key = (service, region, operation, repr(sorted(parameters.items())))
        return self.once(key, lambda: getattr(self.client(service, region), operation)(**parameters))

    def pages(self, service: str, region: str, operation: str, items: str, **parameters: Any) -> list[Any]:
        """All items of a paged call, read once for the same parameters. Raises `ClientError`."""

        def read() -> list[Any]:
            client = self.client(service, region)
            if not client.can_paginate(operation):
                return list(getattr(client, operation)(**parameters)[items])
            pages = client.get_paginator(operation).paginate(**parameters)
            return [item for page in pages for item in page.get(items, [])]

        return self.once((service, region, operation, items, repr(sorted(parameters.items()))), read)

    def require_identity(self, account_id: str, region: str) -> str:
        """The caller's ARN, when the credentials are of this account and the region is enabled.

        Raises `CannotAskError` otherwise, with one line.
        """
        try:
            identity = self.call("sts", region, "get_caller_identity")
        except ClientError as error:
            raise CannotAskError(_refused(error, "sts:GetCallerIdentity", region)) from error
        # A prompt for a code of MFA ends so where nobody can type; an endpoint that is no URL is a ValueError.
        except (BotoCoreError, EOFError, OSError, ValueError) as error:
            raise CannotAskError(misconfigured(error)) from error
        if identity["Account"] != account_id:
            raise CannotAskError(
                f"accountId = {account_id!r}: the credentials are of account {identity['Account']}; "
                "set accountId, or use credentials of that account"
            )
        self.require_enabled((region,))
        return str(identity["Arn"])

    def require_enabled(self, regions: Iterable[str]) -> None:
        """Raises `CannotAskError` for the first region that the account has not enabled."""
        for region in regions:
            self._require_enabled(region)

    def _require_enabled(self, region: str) -> None:
        try:
            known = self.call("ec2", region, "describe_regions", RegionNames=[region], AllRegions=True)["Regions"]
        except ClientError as error:
            if code_of(error) == "InvalidParameterValue":
                raise CannotAskError(f"region = {region!r}: is not a region of this account's partition") from error
            raise CannotAskError(_refused(error, "ec2:DescribeRegions", region)) from error
        except BotoCoreError as error:
            raise CannotAskError(misconfigured(error)) from error
        if not known or known[0]["OptInStatus"] == "not-opted-in":
            raise CannotAskError(
                f"region = {region!r}: is not enabled in this account; enable it (Account settings, AWS Regions), "
                "or choose another region"
            )


def code_of(error: ClientError) -> str:
    """AWS's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def unanswered(error: Exception, emulated: bool) -> Answer:
    """What to say of a call that failed."""
    if emulated and _lacking(error):
        return Answer(Verdict.NOT_ASKED, f"the in-memory AWS lacks {_operation(error)}")
    if isinstance(error, ClientError):
        code, operation = code_of(error), _operation(error)
        if code in _THROTTLED:
            return Answer(Verdict.UNANSWERED, f"AWS throttled {operation} ({code})", "ask again in a minute")
        if code in _DENIED:
            return Answer(
                Verdict.UNANSWERED, f"the caller may not {operation} ({code})", f"allow the caller {operation}"
            )
        return Answer(
            Verdict.UNANSWERED, f"{operation} failed: {_sentence(error)}", "ask again; else look at the error"
        )
    return Answer(Verdict.UNANSWERED, f"AWS cannot be reached: {error}", "check the network, and ask again")


def _lacking(error: Exception) -> bool:
    """Moto answers an action that it lacks with a page of HTML."""
    if isinstance(error, ResponseParserError):
        return True
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status in (404, 500, 501) and code_of(error) in (
        "404",
        "500",
        "501",
        "",
        "NotImplemented",
        "InternalFailure",
    )


def _operation(error: Exception) -> str:
    return getattr(error, "operation_name", "") or "the call"


def _sentence(error: ClientError) -> str:
    said: Mapping[str, Any] = error.response.get("Error", {})
    return f"{said.get('Code', 'unknown')}: {said.get('Message', '')}".strip()


def misconfigured(error: Exception) -> str:
    """One line for an error of credentials, of AWS's configuration files or of the network, with the way out."""
    if isinstance(error, ProfileNotFound):
        return f"AWS_PROFILE: {_plain(error)}; {_other_profiles()}"
    for kinds, way_out in _WAYS_OUT:
        if isinstance(error, kinds):
            return f"no credentials for AWS ({_plain(error)}); {way_out}"
    if isinstance(error, ConfigParseError | ConfigNotFound | InvalidConfigError):
        return f"AWS's configuration cannot be used ({_plain(error)}); correct it, or name another by AWS_CONFIG_FILE"
    if isinstance(error, EOFError):
        return "no credentials for AWS (the profile asks for a code of MFA, and nobody can type one here); log in first"
    if isinstance(error, InvalidRegionError | NoRegionError):
        return f"region: {_plain(error)}; set it to a region of AWS, such as us-east-1"
    if isinstance(error, ValueError):
        return f"AWS's configuration cannot be used ({_plain(error)}); check AWS_ENDPOINT_URL and the proxy variables"
    return f"AWS cannot be reached ({_plain(error)}); check network, proxy and AWS_REGION"


def _other_profiles() -> str:
    try:
        known = botocore.session.Session().available_profiles
    except BotoCoreError:
        known = []
    return f"choose one of {', '.join(known)}" if known else "make one with `aws configure`, or unset AWS_PROFILE"


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


_WAYS_OUT: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (UnauthorizedSSOTokenError, SSOTokenLoadError, SSOError, TokenRetrievalError),
        "run `aws sso login`, and ask again",
    ),
    ((RefreshWithMFAUnsupportedError,), "log in again with a code of MFA, and ask again"),
    ((PartialCredentialsError,), "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"),
    ((NoCredentialsError, CredentialRetrievalError), "set AWS_PROFILE, or log in, and ask again"),
)
"""The first row of which an error is a kind decides."""


def _refused(error: ClientError, action: str, region: str) -> str:
    code = code_of(error)
    if _operation(error) in _ASSUMING:
        return f"the profile's role cannot be assumed: {_sentence(error)}; use another AWS_PROFILE, or allow it"
    if code in _CREDENTIALS:
        return (
            f"{region} refuses the credentials ({code}); log in again, and check that the region is enabled: "
            "a region that is not refuses every call this way"
        )
    if code in _THROTTLED:
        return f"AWS throttled {action} ({code}); ask again in a minute"
    if code in _DENIED:
        return f"the caller may not {action} ({code}); allow it, or use a role that reads the account"
    return f"{action} failed: {_sentence(error)}"


_MAKING = threading.Lock()
_SESSIONS: list[boto3.Session] = []
# Calls that botocore makes by itself for a profile that names a role or an SSO session.
_ASSUMING = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials", "CreateToken")


def _session() -> boto3.Session:
    """One session keeps each service's model, which takes longer to read than a call."""
    if not _SESSIONS:
        _SESSIONS.append(boto3.Session())
    return _SESSIONS[0]
