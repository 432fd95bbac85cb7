"""An S3 bucket as one side of a comparison.

What is compared of an object is its size and its checksum (x-amz-checksum-*), which S3 computes when the object is
written and keeps with every replica. Of objects older than S3's default checksums there is none; of these the entity
tag serves where it is the MD5 of the content, and with KMS encryption it is not: then the size has to do, and the
report counts such objects as weak.

A listing names no checksum, so every object is asked for, several at a time: each takes some tens of milliseconds, and
a function has fifteen minutes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures
from functions.clients import CONNECTIONS
from functions.integrity.compare import SideUnavailableError
from functions.integrity.segments import Entry

_CHECKSUMS = ("ChecksumCRC64NVME", "ChecksumSHA256", "ChecksumCRC32C", "ChecksumCRC32", "ChecksumSHA1")
_ASKED_TOGETHER = 10 * CONNECTIONS
_GONE = ("404", "NoSuchKey", "NotFound")


class BucketSide:
    """The current versions of the objects under a prefix; one page of 1,000 keys is in memory."""

    stamped = True

    def __init__(self, client: Any, region: str, bucket: str, prefix: str = "") -> None:
        self.region = region
        self.weak = 0
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._counting = Lock()

    def entries(self) -> Iterator[Entry]:
        self.weak = 0
        with ThreadPoolExecutor(CONNECTIONS) as asking:
            for keys in self._listed():
                # Few at a time: whoever stops in the middle waits for what is under way.
                for start in range(0, len(keys), _ASKED_TOGETHER):
                    found = asking.map(self.entry, keys[start : start + _ASKED_TOGETHER])
                    yield from (entry for entry in found if entry is not None)

    def _listed(self) -> Iterator[list[str]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        try:
            for page in pages:
                yield [listed["Key"] for listed in page.get("Contents", [])]
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(error) from error

    def entry(self, key: str) -> Entry | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if failures.code(error) in _GONE:
                return None
            raise self._unavailable(error) from error
        except BotoCoreError as error:
            raise self._unavailable(error) from error
        changed_at = round(head["LastModified"].timestamp() * 1000)
        return Entry(key, hashlib.sha256(self._content(head).encode()).digest(), changed_at)

    def _content(self, head: Mapping[str, Any]) -> str:
        for name in _CHECKSUMS:
            if name in head:
                return json.dumps([head["ContentLength"], name, head[name]])
        if "SSEKMSKeyId" not in head:
            return json.dumps([head["ContentLength"], "ETag", head["ETag"]])
        with self._counting:
            self.weak += 1
        return json.dumps([head["ContentLength"]])

    def _unavailable(self, error: Exception) -> SideUnavailableError:
        return SideUnavailableError(f"bucket {self._bucket} in {self.region}: {failures.code(error)}: {error}")
