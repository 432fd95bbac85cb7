"""Names of AWS and of the platform that both settings and exports hold, each with its rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

# Amazon S3 User Guide, "General purpose bucket naming rules".
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
# RFC 7519, 4: a claim's name is any text, and a URI where it is to collide with none. These characters are those of a
# URI without user information (RFC 3986, 2), of which `custom:account_id` and `https://trading.example/account_id` are
# made.
_CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9_.:/?#%~+-]{0,199}", re.ASCII)
_WITHOUT_END = (":", "/", "?", "#", "%")
# RFC 7519, 4.1: they say something else. `sub` may name the account.
REGISTERED_CLAIMS = ("aud", "exp", "iat", "iss", "jti", "nbf")


@dataclass(frozen=True)
class Form:
    """What a name looks like: its pattern as a whole, and what to call it in a message."""

    pattern: str
    called: str

    def takes(self, name: str) -> bool:
        return re.fullmatch(self.pattern, name, re.ASCII) is not None


# No form takes an `@` after a colon, so that no URL with a password passes for a name.
_ARN = r"arn:aws[a-z-]*:{service}:[a-z0-9-]*:[0-9]{{12}}:[A-Za-z0-9_+=,./:-]{{1,512}}"


def arn(service: str) -> Form:
    """The form of an ARN of a service."""
    return Form(_ARN.format(service=service), f"an ARN of {service}")


def either(one: Form, other: Form) -> Form:
    """A form that takes what one of two takes."""
    return Form(f"{one.pattern}|{other.pattern}", f"{one.called} or {other.called}")


# The API references of the services: FunctionName and Alias of Lambda, TableName of DynamoDB, StreamName of Kinesis,
# EventBusName of EventBridge, FileSystemId of EFS, DBInstanceIdentifier of RDS, Name of Secrets Manager, Name of
# CodeBuild's CreateProject.
FUNCTION = Form(r"[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]{1,128})?", "a function as name:alias")
TABLE = Form(r"[A-Za-z0-9_.-]{3,255}", "the name of a table")
STREAM = Form(r"[A-Za-z0-9_.-]{1,128}", "the name of a stream")
BUS = Form(r"[A-Za-z0-9_./-]{1,256}", "the name of an event bus")
FILE_SYSTEM = Form(r"fs-[0-9a-z-]{1,60}", "the id of a file system")
DATABASE = Form(r"[A-Za-z][A-Za-z0-9-]{0,62}", "the identifier of a database")
SECRET = Form(r"[A-Za-z0-9/_+=.@-]{1,512}", "the name of a secret")
PROJECT = Form(r"[A-Za-z0-9][A-Za-z0-9_-]{1,254}", "the name of a build project")
# A group's name may have any character; the platform's have these.
GROUP = Form(r"[A-Za-z0-9_.-]{1,255}", "the name of an Auto Scaling group")


def is_bucket(name: str) -> bool:
    """Whether S3 takes the name for a general purpose bucket."""
    if not _BUCKET.fullmatch(name) or ".." in name:
        return False
    try:
        IPv4Address(name)
    except AddressValueError:
        return not name.startswith(_BUCKET_PREFIXES) and not name.endswith(_BUCKET_SUFFIXES)
    return False


def is_claim(name: str) -> bool:
    """Whether the text is the name of a claim: a word, or a URI without user information that does not end at a
    separator."""
    return _CLAIM.fullmatch(name) is not None and not name.endswith(_WITHOUT_END)
