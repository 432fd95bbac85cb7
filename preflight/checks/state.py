"""The state: it must outlive the primary's region, with the key of its secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from preflight.account import Account, code_of
from preflight.declared import Declared
from preflight.model import Answer, Question, ok, stops, warns

_BACKEND = "PULUMI_BACKEND_URL"
_WAY = "make bucket and key in the recovery region (docs/first-day.md, step 2)"


class State:
    """Reads stateBackendUrl, stateKeyArn and PULUMI_BACKEND_URL; calls s3:GetBucketLocation, s3:GetBucketVersioning and
    kms:DescribeKey; stops where bucket or key is missing, warns where one would be lost with the primary."""

    name = "state"

    def questions(self, declared: Declared) -> Iterator[Question]:
        url = declared.settings.recovery.state_backend_url or os.environ.get(_BACKEND, "")
        yield _bucket(declared, url)
        if declared.settings.delivery.state_key_arn:
            yield _key(declared, declared.settings.delivery.state_key_arn)


def _bucket(declared: Declared, url: str) -> Question:
    primary = declared.settings.general.primary_region

    def ask(account: Account) -> Answer:
        parts = urlsplit(url)
        if not url:
            return warns("neither stateBackendUrl nor PULUMI_BACKEND_URL is set", _WAY)
        if parts.scheme != "s3":
            return warns(f"{parts.scheme or 'no'} backend, which builds cannot reach", _WAY)
        region = parse_qs(parts.query).get("region", [declared.region])[0]
        try:
            found = account.call("s3", region, "get_bucket_location", Bucket=parts.netloc)
        except account.client("s3", region).exceptions.ClientError as error:
            if code_of(error) in ("NoSuchBucket", "404"):
                return stops(f"no bucket {parts.netloc}", _WAY)
            raise
        # S3 API Reference, GetBucketLocation: us-east-1 is null.
        location = found.get("LocationConstraint") or "us-east-1"
        if location != region:
            return stops(f"{parts.netloc} is in {location}", f"write region={location} in the URL")
        if location == primary:
            return warns(f"{parts.netloc} is in {location}, and would be lost with the primary", _WAY)
        versioned = account.call("s3", region, "get_bucket_versioning", Bucket=parts.netloc).get("Status") == "Enabled"
        found_text = f"{parts.netloc} in {location}"
        return ok(found_text) if versioned else warns(f"{found_text}, not versioned", "enable versioning on it")

    request = f"make a versioned bucket for the state outside {primary}: {_WAY}"
    return Question(State.name, "state backend", "global", f"a versioned bucket outside {primary}", ask, request)


def _key(declared: Declared, arn: str) -> Question:
    region = arn.split(":")[3]

    def ask(account: Account) -> Answer:
        try:
            found = account.call("kms", region, "describe_key", KeyId=arn)["KeyMetadata"]
        except account.client("kms", region).exceptions.NotFoundException:
            return stops("no such key", _WAY)
        if found["KeyState"] != "Enabled":
            return stops(f"the key is {found['KeyState']}", "enable it, or cancel its deletion")
        if region == declared.settings.general.primary_region:
            return warns(f"it is in {region}, and would be lost with the primary", _WAY)
        return ok(f"enabled, in {region}")

    return Question(State.name, "key of the state's secrets", region, "enabled, outside the primary's region", ask)
