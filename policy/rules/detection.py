"""What watches the account: detection, passwords, defaults of the account, and log groups."""

from __future__ import annotations

from collections.abc import Iterator

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Finding, Parameter, Parameters, Rules
from policy.rules.audit import ACCOUNT_AUDIT
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack

RULES = Rules("Detection and account settings")


@RULES.resource(
    t.GUARD_DETECTOR,
    "aws:guardduty/detectorFeature:DetectorFeature",
    "aws:accessanalyzer/analyzer:Analyzer",
    "aws:macie2/account:Account",
    id="detection-enabled",
    title="GuardDuty detectors and similar services are enabled",
    remediation="Set enable to true (status to ENABLED), or leave it out.",
    needs=("enable",),
)
def detection_enabled(detector: Resource, _: Parameters) -> Iterator[str]:
    """A disabled detector appears in an inventory and finds nothing."""
    if detector.type == t.GUARD_DETECTOR:
        off = not detector.flag("enable", default=True)
    else:
        off = detector.text("status").upper() in ("DISABLED", "PAUSED")
    if off:
        yield "is switched off"


@RULES.stack(
    t.SECURITY_HUB,
    t.GUARD_DETECTOR,
    id="detection-present",
    title="GuardDuty and Security Hub are enabled in the region",
    remediation="Declare an aws.guardduty.Detector, an aws.securityhub.Account and its StandardsSubscription.",
    needs=("enableDefaultStandards",),
)
def detection_present(stack: Stack, _: Parameters) -> Iterator[str]:
    """Judged for a stack that sets up the audit of its account: with a trail, a recorder, a detector or a password
    policy.
    """
    if not stack.of_type(*ACCOUNT_AUDIT):
        return
    for type_, what in ((t.GUARD_DETECTOR, "GuardDuty"), (t.SECURITY_HUB, "Security Hub")):
        found = stack.of_type(type_)
        if not any(resource.peek("region") is None or resource.text("region") == stack.region for resource in found):
            yield f"{what} does not watch {stack.region}"
    if not stack.of_type(t.SECURITY_STANDARD) and not any(
        hub.flag("enableDefaultStandards", default=True) for hub in stack.of_type(t.SECURITY_HUB)
    ):
        yield "Security Hub checks no standard"


_ASKED = ("requireLowercaseCharacters", "requireUppercaseCharacters", "requireNumbers", "requireSymbols")


@RULES.resource(
    t.PASSWORD_POLICY,
    id="password-policy",
    title="The account has a strong password policy",
    remediation="Set minimumPasswordLength to 14, passwordReusePrevention to 24, and require every kind of character.",
    needs=("minimumPasswordLength", "passwordReusePrevention"),
    parameters={
        "length": Parameter("integer", 14, "Characters of a password at least.", minimum=8),
        "remembered": Parameter("integer", 24, "Earlier passwords that must not be used again.", minimum=1),
    },
)
def password_policy(policy: Resource, parameters: Parameters) -> Iterator[str]:
    """The minimum of AWS is 6 characters (IAM API, UpdateAccountPasswordPolicy)."""
    length = policy.number("minimumPasswordLength") or 6
    if length < parameters["length"]:
        yield f"accepts passwords of {length:g} characters"
    remembered = policy.number("passwordReusePrevention") or 0
    if remembered < parameters["remembered"]:
        yield f"prevents the reuse of only {remembered:g} passwords"
    missing = [name for name in _ASKED if not policy.flag(name)]
    if missing:
        yield f"does not set {', '.join(missing)}"


_DEFAULTS = {
    t.ACCOUNT_PUBLIC_ACCESS: ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"),
    t.EBS_ENCRYPTION_DEFAULT: ("enabled",),
}
# Where a property may not have a value. Snapshots that are public already stay so with block-new-sharing, which AWS
# Config's rule ebs-snapshot-block-public-access refuses; images have no stricter state (EC2 API,
# EnableImageBlockPublicAccess).
_STATES = {
    "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess": ("state", ("unblocked", "block-new-sharing")),
    "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess": ("state", ("unblocked",)),
    "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults": ("httpTokens", ("optional",)),
}


@RULES.resource(
    *_DEFAULTS,
    *_STATES,
    id="account-defaults",
    title="Account-wide defaults block public access and encrypt volumes",
    remediation="Set all four settings of the public access block and encryption by default to true, block all sharing "
    "of snapshots and new sharing of images, and require tokens of instance metadata.",
    needs=("blockPublicAcls", (t.EBS_ENCRYPTION_DEFAULT, "enabled")),
)
def account_defaults(settings: Resource, _: Parameters) -> Iterator[str]:
    """They also apply to resources that other programs create."""
    if settings.type in _STATES:
        path, wrong = _STATES[settings.type]
        if settings.text(path) in wrong:
            yield f"sets {path} to {settings.text(path)}"
        return
    default = settings.type == t.EBS_ENCRYPTION_DEFAULT
    off = [name for name in _DEFAULTS[settings.type] if not settings.flag(name, default=default)]
    if off:
        yield f"does not enable {', '.join(off)}"


@RULES.joined(
    t.LOG_GROUP,
    id="log-group-customer-key",
    title="Log groups are encrypted with a customer-managed key",
    remediation="Set kmsKeyId to the logs key.",
    needs=("kmsKeyId",),
)
def log_group_key(group: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Logs can contain the data of requests."""
    if reason := missing_customer_key(group, stack, "kmsKeyId"):
        yield reason


@RULES.resource(
    t.LOG_GROUP,
    id="log-group-retention",
    title="Log groups have a retention of at least a year",
    remediation="Set retentionInDays to 365 or more; 0 keeps logs for ever and must be meant.",
    needs=("retentionInDays",),
    parameters={"days": Parameter("integer", 365, "Days for which logs are kept at least.", minimum=1)},
)
def log_group_retention(group: Resource, parameters: Parameters) -> Iterator[Finding]:
    """Without a retention CloudWatch keeps logs without limit, which costs money without a decision."""
    days = group.number("retentionInDays")
    # The class DELIVERY keeps logs for two days, whatever is said (CloudWatch Logs User Guide, "Log classes").
    if group.text("logGroupClass") == "DELIVERY":
        return
    if days is None:
        yield "has no retention"
    elif days and days < parameters["days"]:
        yield f"keeps logs for {days:g} days"
