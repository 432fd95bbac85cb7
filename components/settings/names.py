"""Forms of names and ARNs that several sections share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from components.settings.section import Account, Host, matching

# Amazon S3 User Guide, "General purpose bucket naming rules": S3 keeps `sthree-` and `amzn-s3-demo-` for itself.
# Systems Manager keeps names of parameters that begin with aws or ssm, and AWS its own name at the start of others.
# Names of security groups cannot begin with `sg-` (Amazon EC2 API Reference, CreateSecurityGroup, `GroupName`).
# Names of load balancers cannot begin with `internal-` (Elastic Load Balancing API Reference, CreateLoadBalancer).
_RESERVED_PREFIXES = ("sthree", "amzn", "amazon", "aws", "ssm", "sg", "internal")

_REGION, _ACCOUNT = r"[a-z]{2}(?:-[a-z]+)+-[0-9]", r"[0-9]{12}"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# RFC 1035, 2.3.4: 255 octets with the length of each label, which are 253 characters.
_MOST_DOMAIN_CHARACTERS = 253


def _not_reserved(prefix: str) -> str:
    if prefix in _RESERVED_PREFIXES:
        raise ValueError(f"begins names that AWS keeps for itself ({prefix}-...); choose another prefix")
    return prefix


def _not_too_long(domain: str) -> str:
    if len(domain) > _MOST_DOMAIN_CHARACTERS:
        raise ValueError(f"has more than {_MOST_DOMAIN_CHARACTERS} characters; choose a shorter name")
    return domain


AccountId = Annotated[
    str,
    matching(_ACCOUNT, "is not an AWS account; write its twelve digits in quotes, such as '123456789012'"),
    Account(str),
]
NamePrefix = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9]{1,11}",
        "is not a prefix of names; write 2 to 12 lower-case letters and digits that begin with a letter",
    ),
    AfterValidator(_not_reserved),
]
# Pulumi Docs, "Stacks": letters, digits, hyphens, underscores and full stops, 100 characters at most.
# A name of full stops alone is a folder of the file system, and no name.
_STACK_PART = r"(?!\.+(?:/|$))[A-Za-z0-9_.-]{1,100}"
StackName = Annotated[
    str,
    matching(
        rf"{_STACK_PART}/{_STACK_PART}/{_STACK_PART}",
        "is not a stack by its full name; write organization/project/stack",
    ),
]
# The last label of a host name: letters, or those of another script in Punycode (RFC 5890, 2.3.2.1, A-label).
TOP_LEVEL = r"(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])"
# A host name of the internet: two labels, or three where the first is a host in a zone of one's own.
Domain = Annotated[
    str,
    matching(
        rf"(?:{_LABEL}\.)+{TOP_LEVEL}",
        "is not a domain name; write it in lower case without a scheme or a full stop at its end, such as "
        "api.mycompany.com",
    ),
    AfterValidator(_not_too_long),
    Host(str),
]
HostDomain = Annotated[
    str,
    matching(
        rf"(?:{_LABEL}\.){{2,}}{TOP_LEVEL}",
        "is not a domain name below a zone; write it in lower case with three parts or more, such as "
        "orders.mycompany.com",
    ),
    AfterValidator(_not_too_long),
    Host(str),
]
CertificateArn = Annotated[
    str,
    matching(
        rf"arn:aws:acm:{_REGION}:{_ACCOUNT}:certificate/[0-9a-z-]+",
        "is not the ARN of a certificate; write arn:aws:acm:REGION:ACCOUNT:certificate/ID, or leave it empty",
        optional=True,
    ),
]
# Amazon Route 53 API Reference, `HostedZoneId`: 32 characters at most.
ZoneId = Annotated[
    str,
    matching(r"Z[A-Z0-9]{1,31}", "is not the ID of a Route 53 zone; write it like Z0123456789ABC", optional=True),
]
KeyArn = Annotated[
    str,
    matching(
        rf"arn:aws:kms:{_REGION}:{_ACCOUNT}:key/[a-z0-9-]+",
        "is not the ARN of a key; write arn:aws:kms:REGION:ACCOUNT:key/ID",
        optional=True,
    ),
]
KeyName = Annotated[
    str,
    matching(
        rf"alias/(?!aws/)[A-Za-z0-9/_-]{{1,250}}|arn:aws:kms:{_REGION}:{_ACCOUNT}:key/[a-z0-9-]+",
        "is not a key of one's own; write alias/NAME or arn:aws:kms:REGION:ACCOUNT:key/ID, or leave it empty",
        optional=True,
    ),
]
# IAM User Guide, "IAM and AWS STS quotas" and `SAMLMetadataDocument`: 128 characters of these.
SamlProviderArn = Annotated[
    str,
    matching(
        rf"arn:aws:iam::{_ACCOUNT}:saml-provider/[A-Za-z0-9._-]{{1,128}}",
        "is not the ARN of an identity provider; write arn:aws:iam::ACCOUNT:saml-provider/NAME, or leave it empty",
        optional=True,
    ),
]
ConnectionArn = Annotated[
    str,
    # AWS CodeConnections API Reference, "Connection": the service goes by its former name as well.
    matching(
        rf"arn:aws:(?:codeconnections|codestar-connections):{_REGION}:{_ACCOUNT}:connection/[0-9a-f-]{{36}}",
        "is not the ARN of a connection; write arn:aws:codeconnections:REGION:ACCOUNT:connection/ID, or leave it "
        "empty for one that the stack makes",
        optional=True,
    ),
]
