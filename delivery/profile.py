"""AWS profile with which a build assumes a role."""

from __future__ import annotations

import configparser
import os
import re
from pathlib import Path

_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")
_NAME = re.compile(r"[A-Za-z0-9_-]+")


class ProfileError(ValueError):
    """An invalid profile name or role; the message states the valid form."""


def config_file() -> Path:
    """Path of the shared config file (AWS SDKs and Tools Reference Guide, "Location of the shared config and
    credentials files")."""
    return Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")


def write(path: Path, name: str, role_arn: str) -> None:
    """Add or replace the profile; other profiles stay. Raises `ProfileError`.

    The file contains no key: the credential source is the build's container, and each AWS tool renews the role's
    session by itself, so that an update can last longer than a session.
    """
    if not _NAME.fullmatch(name):
        raise ProfileError(f"profile {name!r}: use only letters, digits, hyphens and underscores")
    if not _ROLE.fullmatch(role_arn):
        raise ProfileError(f"role {role_arn!r}: is not the ARN of a role; write arn:aws:iam::ACCOUNT:role/NAME")
    parser = configparser.RawConfigParser()
    parser.read(path, encoding="utf-8")
    parser[f"profile {name}"] = {
        "role_arn": role_arn,
        "credential_source": "EcsContainer",
        "role_session_name": "delivery",
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
