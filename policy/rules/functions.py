"""Lambda functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy import tokens as t
from policy.arns import account_of, fixed_arn, is_account, wild
from policy.plaintext import plaintext_secrets
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules, Severity
from policy.stack import Stack
from policy.values import has_reference

RULES = Rules("Lambda")

# Lambda Developer Guide, "Lambda runtimes": runtimes that are supported and not near their deprecation.
_RUNTIMES = [
    "python3.12",
    "python3.13",
    "python3.14",
    "nodejs22.x",
    "nodejs24.x",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.3",
    "ruby3.4",
    "provided.al2023",
]


@RULES.joined(
    t.FUNCTION_PERMISSION,
    t.FUNCTION_URL,
    id="function-not-public",
    title="No function can be invoked by anybody",
    remediation="Tie the permission to sourceAccount, or to a sourceArn with your account; give a URL AWS_IAM.",
    needs=("principal", (t.FUNCTION_URL, "authorizationType")),
    parameters={"accounts": Parameter("array", [], "Accounts that may invoke functions, by number.", items="string")},
)
def not_public(permission: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """A service principal without a source acts for every customer's resources.

    A source ARN counts when it fixes an account: `*` and `arn:aws:s3:::bucket` do not. A permission for another account
    is refused; `accounts` names those that may call.
    """
    if permission.type == t.FUNCTION_URL:
        if permission.text("authorizationType") != "AWS_IAM":
            yield "its URL requires no IAM authorization"
        return
    principal = permission.text("principal")
    own = stack.accounts | set(map(str, parameters["accounts"]))
    sources = {account_of(str(permission.peek(path) or "")) for path in ("sourceAccount", "sourceArn")} - {None}
    account = account_of(principal)
    if own and account is not None and account not in own:
        yield f"account {account} may invoke {permission.peek('function')}"
    elif (wild(principal) or _SERVICE.search(principal)) and not _tied(permission):
        yield f"{principal} may invoke {permission.peek('function')} for anybody"
    elif own and sources - own:
        yield f"{principal} may invoke {permission.peek('function')} for account {', '.join(map(str, sources - own))}"


# `alexa-appkit.amazon.com` is a service too: the skills of everybody call by it.
_SERVICE = re.compile(r"\.amazon(aws)?\.com(\.cn)?$", re.IGNORECASE)


def _tied(permission: Resource) -> bool:
    """Whether a source fixes an account or an organization, or a token the skill of Alexa that calls."""
    if permission.has("eventSourceToken"):
        return True
    account, organization = permission.get("sourceAccount"), permission.get("principalOrgId")
    if account is not None and (is_account(str(account)) or has_reference(str(account))):
        return True
    if organization is not None and "*" not in str(organization):
        return True
    source = permission.get("sourceArn")
    return source is not None and fixed_arn(str(source)) and not _is_bucket(str(source))


def _is_bucket(arn: str) -> bool:
    """Whether an ARN is of a bucket, which names no account (FSBP, Lambda.1)."""
    return arn.startswith(("arn:aws:s3:", "${aws:s3/bucket"))


@RULES.resource(
    t.FUNCTION,
    id="function-supported-runtime",
    title="Functions use a supported runtime",
    remediation="Raise the runtime.",
    needs=("runtime",),
    parameters={"runtimes": Parameter("array", _RUNTIMES, "Runtimes that may be used.", items="string")},
)
def supported_runtime(function: Resource, parameters: Parameters) -> Iterator[str]:
    """AWS does not patch a deprecated runtime and later blocks its deployment."""
    runtime = function.text("runtime")
    if function.text("packageType") != "Image" and runtime not in parameters["runtimes"]:
        yield f"runs on {runtime or 'no runtime'}"


@RULES.resource(
    t.FUNCTION,
    id="function-tracing",
    title="Functions have active tracing",
    remediation="Set tracingConfig.mode to Active.",
    needs=("tracingConfig.mode",),
)
def tracing(function: Resource, _: Parameters) -> Iterator[str]:
    """Traces show which step delays an order."""
    if function.text("tracingConfig.mode") != "Active":
        yield "is not traced"


@RULES.resource(
    t.FUNCTION,
    id="function-no-secrets-in-environment",
    title="Function environments hold no secret",
    remediation="Read it from Secrets Manager; put its ARN there instead.",
    needs=("environment.variables",),
)
def no_secrets(function: Resource, _: Parameters) -> Iterator[str]:
    """Everyone with lambda:GetFunctionConfiguration can read the environment."""
    for name in plaintext_secrets(function.get("environment.variables") or {}):
        yield f"has the secret {name} in its environment"


@RULES.resource(
    t.FUNCTION,
    id="function-in-vpc",
    title="Functions of the order path run in the VPC",
    severity=Severity.ADVISORY,
    remediation="Set vpcConfig, or add the function to the parameter `outside` with the reason.",
    needs=("vpcConfig.subnetIds",),
    parameters={
        "outside": Parameter("object", {}, "Functions that need no VPC, by name, and the reason.", items="string")
    },
)
def in_vpc(function: Resource, parameters: Parameters) -> Iterator[str]:
    """Endpoint policies and security groups apply only to functions in a VPC."""
    if any(fnmatchcase(function.text("name"), pattern) for pattern in parameters["outside"]):
        return
    if not function.items("vpcConfig.subnetIds"):
        yield "runs outside the VPC"


_ON_FAILURE = "destinationConfig.onFailure.destination"
_ASYNCHRONOUS = ("events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com", "scheduler.amazonaws.com")


@RULES.joined(
    t.FUNCTION,
    id="function-dead-letter",
    title="Functions with asynchronous invocations keep failed events",
    severity=Severity.ADVISORY,
    remediation="Set deadLetterConfig, or an on-failure destination.",
    needs=("deadLetterConfig.targetArn",),
)
def dead_letter(function: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Only functions that are invoked asynchronously are judged: the caller of a synchronous invocation receives the
    error.
    """
    configs = stack.attached(function, t.INVOKE_CONFIG, "functionName")
    if function.has("deadLetterConfig.targetArn") or any(c.has(_ON_FAILURE) for c in configs):
        return
    permissions = stack.attached(function, t.FUNCTION_PERMISSION, "function")
    if any(permission.text("principal") in _ASYNCHRONOUS for permission in permissions):
        yield "has no destination for failed events"
