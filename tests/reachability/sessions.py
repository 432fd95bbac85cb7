"""Sessions of operators on hosts, by Session Manager."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from blueprint import Blueprint, Resource
from tests.permissions.documents import listed
from tests.permissions.evaluation import Request
from tests.reachability.arns import ACCOUNT, region_of, resolved
from tests.reachability.authority import Authority
from tests.reachability.call import Call
from tests.reachability.calls import SAMPLE, calls, context_of, principal_of
from tests.reachability.network import Network
from tests.reachability.reach import obstacles
from tests.reachability.selectors import things
from tests.reachability.workloads import Workload, workloads

# Systems Manager User Guide, "Session document schema" and "Start a session": documents of AWS's own, and the one of
# the account's preferences, by which a session starts that names none.
_OF_AWS = frozenset(
    {
        "AWS-StartInteractiveCommand",
        "AWS-StartNonInteractiveCommand",
        "AWS-StartPortForwardingSession",
        "AWS-StartPortForwardingSessionToRemoteHost",
        "AWS-StartPortForwardingSessionToSocket",
        "AWS-StartSSHSession",
    }
)
PREFERENCES = "SSM-SessionManagerRunShell"
_DOCUMENT = "aws:ssm/document:Document"
# Systems Manager User Guide, "Quickstart default IAM policies for Session Manager": a caller opens, resumes and ends
# its own sessions, and their data channel.
_OF_CALLERS = ("ssm:ResumeSession", "ssm:TerminateSession", "ssmmessages:OpenDataChannel")
# Systems Manager User Guide, "Step 2: Verify or add instance permissions for Session Manager".
_OF_HOSTS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
# Where the preferences have a session's log written, and the calls of the host that write it ("Create an IAM role with
# permissions for Session Manager and Amazon S3 and CloudWatch Logs").
_LOGS: Mapping[str, tuple[str, str]] = {
    "s3BucketName": ("s3:PutObject", "arn:aws:s3:::{value}/session"),
    "cloudWatchLogGroupName": ("logs:PutLogEvents", "arn:aws:logs:{region}:{account}:log-group:{value}:log-stream:x"),
    "kmsKeyId": ("kms:Decrypt", "{value}"),
}


def starters(authority: Authority) -> list[str]:
    """Roles that start sessions, by a permission that names the call."""
    return [
        role.name
        for role in authority.stack.of_type("aws:iam/role:Role")
        if any(
            "ssm:StartSession" in listed(statement.get("Action")) and statement["Effect"] == "Allow"
            for policy in authority.inline(role.name)
            for statement in listed(policy["Statement"])
        )
    ]


def broken_sessions(stack: Blueprint) -> Iterator[str]:
    """What keeps an operator from a session on a host: the operator's permissions, the document, or the host's."""
    authority, network = Authority(stack), Network(stack)
    for role in starters(authority):
        for fault in _of_caller(authority, role):
            yield f"sessions of {role}: {fault}"
    for host in _hosts(stack):
        for fault in _of_host(authority, network, host):
            yield f"sessions on {host.name}: {fault}"


def _of_caller(authority: Authority, role: str) -> Iterator[str]:
    stack, region = authority.stack, region_of(authority.stack)
    principal = principal_of(stack, role)
    named = {call.request.resource for call in calls(authority, role) if call.request.action == "ssm:StartSession"}
    documents = {each.rpartition("/")[2] for each in named if ":document/" in each}
    declared = {each.properties["name"] for each in stack.of_type(_DOCUMENT)}
    for unknown in sorted(documents - _OF_AWS - declared - {PREFERENCES}):
        yield f"the document {unknown} is neither declared nor AWS's own"
    wanted = [("ssm:StartSession", f"arn:aws:ssm:{region}:{ACCOUNT}:document/{PREFERENCES}", {})]
    wanted += [
        ("ssm:StartSession", f"arn:aws:ec2:{region}:{ACCOUNT}:instance/{SAMPLE}", _tags(tags))
        for tags in _tagged(stack)
    ]
    session = f"arn:aws:ssm:{region}:{ACCOUNT}:session/{context_of(principal, '*', region)['aws:userid']}-0123456789"
    wanted += [(action, session, {}) for action in _OF_CALLERS]
    for action, resource, keys in wanted:
        call = _call(principal, action, resource, region, keys)
        yield from (f"{action} on {resource}: {each}" for each in authority.refusals(role, call))


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {f"aws:resourcetag/{key.lower()}": value for key, value in tags.items()}


def _tagged(stack: Blueprint) -> Iterator[Mapping[str, str]]:
    """Tags of the hosts that run the engines."""
    for thing in things(stack):
        if thing.kind == "instance" and "engine" in str(thing.tags.get("Name", "")):
            yield thing.tags


def _call(principal: str, action: str, resource: str, region: str, keys: Mapping[str, str]) -> Call:
    return Call(Request(action, resource, principal, {**context_of(principal, resource, region), **keys}), region)


def _hosts(stack: Blueprint) -> Iterator[Workload]:
    """Hosts on which the agent of Systems Manager runs: engines and nodes."""
    yield from (each for each in workloads(stack) if each.name in ("engine", "node"))


def _of_host(authority: Authority, network: Network, host: Workload) -> Iterator[str]:
    (role,), region = host.roles, region_of(network.stack)
    principal = principal_of(authority.stack, role)
    wanted = [(action, "*") for action in _OF_HOSTS]
    for document in authority.stack.of_type(_DOCUMENT):
        wanted += list(_logs(authority, document, region))
    for action, resource in wanted:
        call = _call(principal, action, resource, region, {})
        for fault in (*authority.refusals(role, call), *obstacles(network, host.group, call)):
            yield f"{action}: {fault}"


def _logs(authority: Authority, document: Resource, region: str) -> Iterator[tuple[str, str]]:
    """The calls that write a session's log, if the account's preferences ask for one."""
    if document.properties["name"] != PREFERENCES:
        return
    inputs: dict[str, Any] = json.loads(resolved(authority.stack, document.properties["content"])).get("inputs", {})
    for key, (action, form) in _LOGS.items():
        if inputs.get(key):
            yield action, form.format(value=inputs[key], region=region, account=ACCOUNT)
