"""Who may administer a Kubernetes cluster: access entries, the ConfigMap `aws-auth`, and bindings of roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from policy.resources import Resource
from policy.rule import Parameters, Rules
from policy.values import NotEvaluatedError, has_reference

RULES = Rules("EKS")

_ENTRY = "aws:eks/accessEntry:AccessEntry"
_MAPS = (
    "kubernetes:core/v1:ConfigMap",
    "kubernetes:core/v1:ConfigMapPatch",
)
_RBAC = "kubernetes:rbac.authorization.k8s.io"
_BINDINGS = tuple(
    f"{_RBAC}/{version}:{kind}{patch}"
    for version in ("v1", "v1beta1", "v1alpha1")
    for kind in ("ClusterRoleBinding", "RoleBinding")
    for patch in ("", "Patch")
)
# Kubernetes Documentation, "Using RBAC Authorization": members of system:masters pass by every authorization, and
# whoever reaches the API server is of system:unauthenticated (user system:anonymous) or of system:authenticated.
_MASTERS = "system:masters"
_EVERYBODY = ("system:anonymous", "system:unauthenticated", "system:authenticated")
# Kubernetes Documentation, "Discovery roles": the bindings that a cluster has for everybody.
_DISCOVERY = ("system:basic-user", "system:discovery", "system:public-info-viewer")


@RULES.resource(
    _ENTRY,
    *_MAPS,
    *_BINDINGS,
    id="eks-no-system-masters",
    title="No identity is in system:masters, and no role is bound to everybody",
    remediation="Associate an access policy by aws.eks.AccessPolicyAssociation, or bind a role to a group of your own.",
    needs=("kubernetesGroups", (_MAPS[0], "data"), (_BINDINGS[0], "subjects")),
)
def no_system_masters(resource: Resource, _: Parameters) -> Iterator[str]:
    """Nobody can take rights from a member of system:masters, and no role binding shows the member.

    Judged are access entries, mapRoles, mapUsers and mapAccounts of the ConfigMap aws-auth, and bindings of roles.
    """
    if resource.type == _ENTRY:
        if _MASTERS in map(_lower, resource.items("kubernetesGroups")):
            yield f"puts {resource.peek('principalArn')} into {_MASTERS}"
    elif resource.type in _MAPS:
        if resource.get("metadata.name") == "aws-auth":
            yield from _mapped(resource)
    else:
        yield from _bound(resource)


def _mapped(config: Resource) -> Iterator[str]:
    """EKS User Guide, "Grant IAM users access to Kubernetes with a ConfigMap"."""
    for path, key in (("data.mapRoles", "rolearn"), ("data.mapUsers", "userarn")):
        for entry in _entries(config, path):
            groups = entry.get("groups") or []
            if not isinstance(groups, list):
                raise NotEvaluatedError(path, f"has groups = {groups!r}, which is no list")
            if _MASTERS in map(_lower, groups):
                yield f"puts {entry.get(key) or 'somebody'} into {_MASTERS} by {path.partition('.')[2]}"
    # Every user and role of such an account is a user of the cluster.
    if accounts := config.get("data.mapAccounts"):
        yield f"lets everybody of {' '.join(str(accounts).split())} in by mapAccounts"


def _entries(config: Resource, path: str) -> list[Mapping[str, Any]]:
    text = config.get(path)
    if text is None:
        return []
    try:
        # YAML holds JSON, too. A reference stands in place of an ARN, and `${` opens no mapping within quotes alone.
        found = yaml.safe_load(text) if isinstance(text, str) else text
    except yaml.YAMLError as error:
        if has_reference(text):
            raise NotEvaluatedError(path, "comes from another resource, and is no YAML before the update") from None
        raise NotEvaluatedError(path, f"is no YAML: {str(error).splitlines()[0]}") from None
    entries = found or []
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise NotEvaluatedError(path, "is no list of identities")
    return entries


def _bound(binding: Resource) -> Iterator[str]:
    role = str(binding.get("roleRef.name") or "a role")
    for subject in binding.items("subjects"):
        name = str(subject.get("name"))
        if subject.get("kind") not in ("Group", "User"):
            continue
        if _lower(name) == _MASTERS:
            yield f"binds {role} to {_MASTERS}"
        elif _lower(name) in _EVERYBODY and role not in _DISCOVERY:
            yield f"binds {role} to {name}"


def _lower(value: Any) -> str:
    return str(value).strip().lower()
