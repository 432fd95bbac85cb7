"""Policies that decide over a call: those of the caller's role, its boundary, the resource, and the resource's key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from blueprint import Blueprint, Resource
from tests.permissions.evaluation import Request, Verdict, decide
from tests.reachability.arns import arn, resolved
from tests.reachability.call import Call
from tests.reachability.network import name_of

Policy = Mapping[str, Any]

ROLE, KEYS = "aws:iam/role:Role", ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")
# Where a policy names whose it is, by type of resource. A key holds its own.
_OWNERS: Mapping[str, str] = {
    "aws:s3/bucketPolicy:BucketPolicy": "bucket",
    "aws:sqs/queuePolicy:QueuePolicy": "queueUrl",
    "aws:sns/topicPolicy:TopicPolicy": "arn",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "eventBusName",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "fileSystemId",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "repository",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "secretArn",
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "resourceArn",
    "aws:kinesis/resourcePolicy:ResourcePolicy": "resourceArn",
    "aws:backup/vaultPolicy:VaultPolicy": "backupVaultName",
}
# Policies of log groups belong to the account and name the groups as their resources.
_OF_LOGS = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
# Where a resource names its key.
_KEY_PROPERTIES = ("kmsMasterKeyId", "kmsKeyId", "kmsKeyArn", "serverSideEncryption.kmsKeyArn")
_BUCKET_KEYS = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


@cache
def _managed() -> Mapping[str, Any]:
    return json.loads(aws_managed_policies_data)


def managed(policy_arn: str) -> Policy:
    """The document of one of AWS's managed policies, as moto keeps it."""
    return _managed()[policy_arn.rpartition("/")[2]]["Document"]


@dataclass(frozen=True)
class Authority:
    """The policies of one stack."""

    stack: Blueprint

    def _document(self, text: str) -> Policy:
        return json.loads(resolved(self.stack, text))

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Resource names of the roles by their names in AWS."""
        return {str(each.properties["name"]): each.name for each in self.stack.of_type(ROLE)}

    @cached_property
    def _inline(self) -> Mapping[str, list[Policy]]:
        found: dict[str, list[Policy]] = {}
        for each in self.stack.of_type("aws:iam/rolePolicy:RolePolicy"):
            found.setdefault(_role(each, self._names), []).append(self._document(each.properties["policy"]))
        return found

    @cached_property
    def _by_role(self) -> Mapping[str, list[Policy]]:
        found = {role: [*policies] for role, policies in self._inline.items()}
        for each in self.stack.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
            policy = str(each.properties["policyArn"])
            document = managed(policy) if policy.startswith("arn:aws:iam::aws:") else self._declared(policy)
            found.setdefault(_role(each, self._names), []).append(document)
        return found

    def _declared(self, reference: str) -> Policy:
        return self._document(self.stack.one("aws:iam/policy:Policy", name_of(reference)).properties["policy"])

    def inline(self, role: str) -> list[Policy]:
        """The inline policies of a role."""
        return self._inline.get(role, [])

    def of_role(self, role: str) -> list[Policy]:
        """The identity policies of a role, inline and attached."""
        return self._by_role.get(role, [])

    def boundary(self, role: str) -> Policy | None:
        """The permissions boundary of a role."""
        boundary = self.stack.one(ROLE, role).properties.get("permissionsBoundary")
        return self._declared(boundary) if boundary else None

    @cached_property
    def _of_resources(self) -> list[tuple[str, Policy]]:
        return list(self._resource_policies())

    def _resource_policies(self) -> Iterator[tuple[str, Policy]]:
        for each in self.stack.of_type(*_OWNERS):
            owner = self._owner(str(each.properties[_OWNERS[each.type]]))
            if owner is not None:
                yield arn(self.stack, owner), self._document(each.properties["policy"])
        for key in self.stack.of_type(*KEYS):
            yield arn(self.stack, key), self._document(key.properties["policy"])
        for each in self.stack.of_type(_OF_LOGS):
            yield "arn:aws:logs", self._document(each.properties["policyDocument"])

    def _owner(self, text: str) -> Resource | None:
        """Who a policy belongs to: by reference, or by name."""
        for each in self.stack.resources:
            referred = text.startswith(f"${{{each.type}::{each.name}#")
            named = text == each.properties.get("name") and each.type == "aws:cloudwatch/eventBus:EventBus"
            if referred or named:
                return each
        return None

    def of_resource(self, resource: str) -> list[Policy]:
        """The policies of a resource, or of the one that it is a part of."""
        return [policy for owner, policy in self._of_resources if _within(resource, owner)]

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for each in self.stack.resources:
            if each.type == _BUCKET_KEYS:
                (rule,) = each.properties["rules"]
                owner, key = self._owner(str(each.properties["bucket"])), rule["applyServerSideEncryptionByDefault"]
                if owner is not None and key.get("kmsMasterKeyId"):
                    found[arn(self.stack, owner)] = resolved(self.stack, key["kmsMasterKeyId"])
                continue
            for path in _KEY_PROPERTIES:
                value: Any = each.properties
                for part in path.split("."):
                    value = value.get(part) if isinstance(value, Mapping) else None
                if isinstance(value, str) and each.type.startswith("aws:"):
                    found[arn(self.stack, each)] = resolved(self.stack, value)
        return found

    def key_of(self, resource: str) -> str | None:
        """The ARN of the key under which a resource, or what it is a part of, is encrypted."""
        for owner, key in self._keys.items():
            if _within(resource, owner):
                return key
        return None

    def refusals(self, role: str, call: Call) -> Iterator[str]:
        """What refuses a call of a role, other than an endpoint. A boundary may deny what a permission with a wildcard
        only covers."""
        request = call.request
        if request.principal.endswith(f":role/{self.stack.one(ROLE, role).properties['name']}"):
            decision = decide(self.of_role(role), request)
            if not decision.allowed:
                yield f"its policies: {decision}"
            boundary = self.boundary(role)
            decision = decide([boundary], request) if boundary else decision
            if not decision.allowed and (call.named or decision.verdict is Verdict.SILENT):
                yield f"its boundary: {decision}"
        yield from self._by_resource(request)

    def _by_resource(self, request: Request) -> Iterator[str]:
        """Within an account a resource's policy needs not allow what the role's does, with the exception of keys (KMS
        Developer Guide, "Key policies")."""
        policies = self.of_resource(request.resource)
        if policies and ":logs:" not in request.resource:
            decision = decide(policies, request)
            of_a_key = request.action.startswith("kms:")
            if decision.verdict is Verdict.DENIED or (of_a_key and not decision.allowed):
                yield f"the policy of {request.resource}: {decision}"


def _within(resource: str, owner: str) -> bool:
    return resource == owner or resource.startswith((f"{owner}/", f"{owner}:"))


def _role(resource: Resource, names: Mapping[str, str]) -> str:
    value = str(resource.properties["role"])
    return names.get(value) or name_of(value)
