"""AWS Backup: ListTags finds the resource whether or not its ARN is followed by a slash.

https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListTags.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import unquote

from moto.backup.responses import BackupResponse

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(BackupResponse, "list_tags", _list_tags)


def _list_tags(_original: Any, response: BackupResponse) -> str:
    arn = unquote(response.path.partition("/tags/")[2]).rstrip("/")
    return json.dumps({"Tags": response.backup_backend.list_tags(resource_arn=arn)})
