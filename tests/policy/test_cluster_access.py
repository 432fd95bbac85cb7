"""Each form in which an identity gets into system:masters, or everybody gets a role of a cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policy.small import Entry, refused, undecided

_RULE = "eks-no-system-masters"
_ROLE = "arn:aws:iam::123456789012:role/desk"
_MAP = "kubernetes:core/v1:ConfigMap"
_ENTRY = "aws:eks/accessEntry:AccessEntry"
_CLUSTER = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"


def _auth(type_: str = _MAP, name: str = "aws-auth", **data: Any) -> Entry:
    return type_, "auth", {"metadata": {"name": name, "namespace": "kube-system"}, "data": data}


def _roles(*groups: str, role: str = _ROLE) -> str:
    return json.dumps([{"rolearn": role, "username": "desk", "groups": list(groups)}])


_YAML = f"- rolearn: {_ROLE}\n  username: desk\n  groups:\n    - desk\n    - system:masters\n"
_PUT = f"puts {_ROLE} into system:masters by"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ((_ENTRY, "e", {"principalArn": _ROLE, "kubernetesGroups": ["desk"]}), []),
        (
            (_ENTRY, "e", {"principalArn": _ROLE, "kubernetesGroups": ["desk", "system:masters"]}),
            [f"puts {_ROLE} into system:masters"],
        ),
        ((_ENTRY, "e", {"principalArn": _ROLE}), []),
        (_auth(mapRoles=_roles("system:bootstrappers", "system:nodes")), []),
        (_auth(mapRoles=_roles("system:masters")), [f"{_PUT} mapRoles"]),
        (_auth(mapRoles=_YAML), [f"{_PUT} mapRoles"]),
        (_auth(mapRoles=_YAML, type_="kubernetes:core/v1:ConfigMapPatch"), [f"{_PUT} mapRoles"]),
        (_auth(mapUsers=_YAML.replace("rolearn", "userarn")), [f"{_PUT} mapUsers"]),
        (_auth(mapAccounts='["444455556666"]'), ['lets everybody of ["444455556666"] in by mapAccounts']),
        (_auth(name="settings", mapRoles=_YAML), []),
        (
            _auth(mapRoles=_roles("system:masters", role="${aws:iam/role:Role::desk#arn}")),
            ["puts ${aws:iam/role:Role::desk#arn} into system:masters by mapRoles"],
        ),
        (
            _auth(mapRoles=_YAML.replace(_ROLE, "${aws:iam/role:Role::desk#arn}")),
            ["puts ${aws:iam/role:Role::desk#arn} into system:masters by mapRoles"],
        ),
    ],
)
def test_who_is_in_system_masters(entry: Entry, said: list[str]) -> None:
    """Access entries and aws-auth, as JSON or YAML, whole or as a patch."""
    assert refused(_RULE, entry) == said


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("kind", ["ClusterRoleBinding", "RoleBinding", "ClusterRoleBindingPatch", "RoleBindingPatch"])
@pytest.mark.parametrize(
    ("subject", "role", "count"),
    [
        ({"kind": "Group", "name": "desk"}, "cluster-admin", 0),
        ({"kind": "Group", "name": "system:masters"}, "cluster-admin", 1),
        ({"kind": "Group", "name": "system:unauthenticated"}, "view", 1),
        ({"kind": "Group", "name": "system:authenticated"}, "view", 1),
        ({"kind": "User", "name": "system:anonymous"}, "view", 1),
        ({"kind": "ServiceAccount", "name": "system:anonymous"}, "view", 0),
        ({"kind": "Group", "name": "system:authenticated"}, "system:discovery", 0),
    ],
)
def test_no_role_is_bound_to_everybody(version: str, kind: str, subject: Any, role: str, count: int) -> None:
    """Groups that hold every caller, but for the discovery roles that a cluster binds to them by itself."""
    binding = (
        f"kubernetes:rbac.authorization.k8s.io/{version}:{kind}",
        "b",
        {"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [{"kind": "Group", "name": "own"}, subject]},
    )
    assert len(refused(_RULE, binding)) == count


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (_auth(mapRoles="- rolearn: ["), "is no YAML"),
        (_auth(mapRoles="rolearn: x"), "is no list of identities"),
        (_auth(mapRoles="[x]"), "is no list of identities"),
        (_auth(mapRoles='[{"rolearn": "x", "groups": "system:masters"}]'), "which is no list"),
    ],
)
def test_a_map_that_cannot_be_read_is_not_evaluated(entry: Entry, reason: str) -> None:
    """What EKS makes of such a map is not known."""
    ((path, said),) = undecided(_RULE, entry)
    assert path == "data.mapRoles"
    assert reason in said
