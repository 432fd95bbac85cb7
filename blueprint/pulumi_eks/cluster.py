"""Resources that the plugin of pulumi-eks declares for an `eks:index:Cluster`, in a process of its own.

Follows `createCore`, `createCluster` and `createNodeGroupSecurityGroup` of github.com/pulumi/pulumi-eks, the components
behind SDK version 4.4 (nodejs/eks: cluster/cluster.ts, servicerole.ts, nodes/securitygroup.ts, addons/cni-addon.ts,
cluster/authenticationMode.ts). Options of the plugin that are not modelled here are refused by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blueprint.model import BlueprintError, Resource
from blueprint.pulumi_eks.component import CLUSTER, Component, Expansion, reference_of, refuse, resource_value
from blueprint.pulumi_eks.groups import node_rules, rule
from blueprint.pulumi_eks.kubeconfig import kubeconfig

_EKS_CLUSTER = "aws:eks/cluster:Cluster"
_ROLE = "aws:iam/role:Role"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_ADDON = "aws:eks/addon:Addon"
_OIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
_ENTRY = "aws:eks/accessEntry:AccessEntry"
_POLICY_ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_KUBERNETES = "pulumi:providers:kubernetes"

_MANAGED_POLICY = "arn:aws:iam::aws:policy/"
# The plugin does not change these after creation.
_SET_AT_CREATION = ["accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons"]


def expand(component: Component) -> Expansion:
    """Return the expansion of one cluster. Raises `BlueprintError` for an input that is not modelled here."""
    refuse(component)
    return _Cluster(component).expansion()


@dataclass
class _Cluster:
    component: Component
    children: list[Resource] = field(default_factory=list)

    def expansion(self) -> Expansion:
        role = self._service_role()
        group = self._cluster_security_group()
        cluster = self._eks_cluster(role, group)
        self._addons(cluster)
        access = kubeconfig(cluster, self._credentials())
        self._add(_KUBERNETES, f"{self._name}-eks-k8s", {"kubeconfig": json.dumps(access)}, provider=None)
        self._access_entries(cluster)
        oidc = self._oidc_provider(cluster)
        nodes = self._node_security_group(cluster, group)
        return Expansion(tuple(self.children), self._outputs(cluster, group, nodes, oidc, access))

    @property
    def _name(self) -> str:
        return self.component.name

    def _input(self, name: str) -> Any:
        return self.component.inputs.get(name)

    def _add(
        self,
        type_: str,
        name: str,
        properties: Mapping[str, Any],
        *,
        parent: str | None = None,
        after: tuple[Resource, ...] = (),
        custom: bool = True,
        ignored: list[str] | None = None,
        **other: Any,
    ) -> Resource:
        parent = parent or self.component.urn
        resource = Resource(
            urn=self.component.make_urn(parent, type_, name),
            type=type_,
            name=name,
            custom=custom,
            parent=parent,
            provider=other.get("provider", self.component.provider) if custom else None,
            properties={key: value for key, value in properties.items() if value is not None},
            # The engine calls the plugin after all dependencies of the component exist.
            dependencies=tuple(sorted({*self.component.dependencies, *(child.urn for child in after)})),
            options={"ignoreChanges": ignored} if ignored else {},
            implied=True,
        )
        self.children.append(resource)
        return resource

    def _service_role(self) -> tuple[str, tuple[Resource, ...]]:
        """ARN of the cluster's role, and the resources that must exist before the role can be used."""
        given = self._input("serviceRole")
        if given:
            return reference_of(given, "arn"), ()
        name = f"{self._name}-eksRole"
        component = self._add("eks:index:ServiceRole", name, {}, custom=False)
        statement = {
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Effect": "Allow",
            "Principal": {"Service": ["eks.amazonaws.com"]},
        }
        role = self._add(
            _ROLE,
            f"{name}-role",
            {
                "description": "Allows EKS to manage clusters on your behalf.",
                "assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
                "tags": self._input("tags"),
            },
            parent=component.urn,
        )
        policy = "AmazonEKSClusterPolicy"
        # The plugin names this child by a hash of the policy.
        suffix = hashlib.sha1(f"arn:aws:iam::aws:policy/{policy}".encode(), usedforsecurity=False).hexdigest()[:8]
        attachment = self._add(
            _ATTACHMENT,
            f"{name}-{suffix}",
            {"policyArn": f"{_MANAGED_POLICY}{policy}", "role": str(role.reference("name"))},
            parent=component.urn,
        )
        return str(role.reference("arn")), (role, attachment)

    def _cluster_security_group(self) -> str | None:
        """Id of the control plane's additional group; None if the cluster uses only the group that EKS creates."""
        given = self._input("clusterSecurityGroup")
        if given:
            return reference_of(given, "id")
        if self._input("skipDefaultSecurityGroups"):
            return None
        name = f"{self._name}-eksClusterSecurityGroup"
        group = self._add(
            _SECURITY_GROUP,
            name,
            {
                "vpcId": self._input("vpcId"),
                "revokeRulesOnDelete": True,
                "tags": {"Name": name, **self._tags("clusterSecurityGroupTags")},
            },
        )
        self._add(
            _RULE,
            f"{self._name}-eksClusterInternetEgressRule",
            rule("egress", "Allow internet access.", group.reference("id"), cidrBlocks=["0.0.0.0/0"]),
        )
        return str(group.reference("id"))

    def _eks_cluster(self, role: tuple[str, tuple[Resource, ...]], group: str | None) -> Resource:
        arn, ready = role
        key = self._input("encryptionConfigKeyArn")
        subnets = self._input("subnetIds") or [
            *(self._input("publicSubnetIds") or []),
            *(self._input("privateSubnetIds") or []),
        ]
        bootstrap = self._input("bootstrapSelfManagedAddons")
        return self._add(
            _EKS_CLUSTER,
            f"{self._name}-eksCluster",
            {
                "name": self._input("name"),
                "roleArn": arn,
                "kubernetesNetworkConfig": self._network(),
                "bootstrapSelfManagedAddons": True if bootstrap is None else bootstrap,
                "vpcConfig": _present(
                    securityGroupIds=[group] if group else None,
                    subnetIds=subnets,
                    endpointPrivateAccess=self._input("endpointPrivateAccess"),
                    endpointPublicAccess=self._input("endpointPublicAccess"),
                    publicAccessCidrs=self._input("publicAccessCidrs"),
                ),
                "version": self._input("version"),
                "enabledClusterLogTypes": self._input("enabledClusterLogTypes"),
                "tags": {"Name": f"{self._name}-eksCluster", **self._tags("clusterTags")},
                "encryptionConfig": {"provider": {"keyArn": key}, "resources": ["secrets"]} if key else None,
                "accessConfig": {
                    "authenticationMode": self._input("authenticationMode"),
                    "bootstrapClusterCreatorAdminPermissions": True,
                },
                "upgradePolicy": self._input("upgradePolicy"),
                "deletionProtection": self._input("deletionProtection"),
            },
            after=ready,
            ignored=list(_SET_AT_CREATION),
        )

    def _network(self) -> dict[str, Any] | None:
        services, family = self._input("kubernetesServiceIpAddressRange"), self._input("ipFamily")
        if not services and not family:
            return None
        family = family or "ipv4"
        return _present(serviceIpv4Cidr=services if family == "ipv4" else None, ipFamily=family)

    def _addons(self, cluster: Resource) -> None:
        """Kube-proxy and the VPC CNI unless they are switched off; CoreDNS only on request, because it needs a node
        group."""
        proxy = self._input("kubeProxyAddonOptions") or {}
        if proxy.get("enabled", True):
            self._addon("kube-proxy", "kube-proxy", cluster, proxy)
        names = self._input("corednsAddonOptions") or {}
        if names.get("enabled") or names.get("configurationValues"):
            self._addon("coredns", "coredns", cluster, names)
        if not self._input("useDefaultVpcCni"):
            raise BlueprintError(
                f"{CLUSTER} {self._name!r} asks for the plugin's VPC CNI, whose configuration is not expanded: set "
                "useDefaultVpcCni, and declare the aws.eks.Addon vpc-cni"
            )

    def _addon(self, name: str, addon: str, cluster: Resource, options: Mapping[str, Any]) -> None:
        if not options.get("version"):
            raise BlueprintError(
                f"{CLUSTER} {self._name!r} leaves the version of {addon} to the plugin, which would look it up: set it"
            )
        values = options.get("configurationValues")
        self._add(
            _ADDON,
            f"{self._name}-{name}",
            {
                "clusterName": str(cluster.reference("name")),
                "addonName": addon,
                "preserve": True,
                "tags": self._input("tags"),
                "resolveConflictsOnCreate": options.get("resolveConflictsOnCreate", "OVERWRITE"),
                "resolveConflictsOnUpdate": options.get("resolveConflictsOnUpdate", "OVERWRITE"),
                "addonVersion": options["version"],
                "configurationValues": json.dumps(values, sort_keys=True, separators=(",", ":")) if values else None,
            },
        )

    def _access_entries(self, cluster: Resource) -> None:
        name = str(cluster.reference("name"))
        for key, entry in (self._input("accessEntries") or {}).items():
            entered = self._add(
                _ENTRY,
                f"{self._name}-{key}",
                {
                    "clusterName": name,
                    "principalArn": entry["principalArn"],
                    "kubernetesGroups": entry.get("kubernetesGroups"),
                    "type": entry.get("type"),
                    "userName": entry.get("username"),
                    "tags": entry.get("tags"),
                },
                after=(cluster,),
            )
            for policy, association in (entry.get("accessPolicies") or {}).items():
                self._add(
                    _POLICY_ASSOCIATION,
                    f"{self._name}-{key}-{policy}",
                    {
                        "clusterName": name,
                        "principalArn": entry["principalArn"],
                        "policyArn": association["policyArn"],
                        "accessScope": association["accessScope"],
                    },
                    parent=entered.urn,
                    after=(entered,),
                )

    def _oidc_provider(self, cluster: Resource) -> Resource | None:
        """The identity provider of the cluster. The plugin also sends the thumbprint of the issuer's root, which needs
        a call to the issuer. AWS uses its own library of roots for this issuer (IAM User Guide, "Obtain the
        thumbprint")."""
        if not self._input("createOidcProvider"):
            return None
        return self._add(
            _OIDC,
            f"{self._name}-oidcProvider",
            {"clientIdLists": ["sts.amazonaws.com"], "url": _issuer(cluster)},
        )

    def _node_security_group(self, cluster: Resource, group: str | None) -> Resource | None:
        if self._input("skipDefaultSecurityGroups"):
            return None
        name = f"{self._name}-nodeSecurityGroup"
        owned = f"kubernetes.io/cluster/{cluster.reference('name')}"
        nodes = self._add(
            _SECURITY_GROUP,
            name,
            {
                "vpcId": self._input("vpcId"),
                "revokeRulesOnDelete": True,
                "tags": {"Name": name, owned: "owned", **self._tags("nodeSecurityGroupTags")},
            },
        )
        for suffix, properties in node_rules(nodes.reference("id"), str(group)):
            self._add(_RULE, f"{self._name}-{suffix}", properties)
        return nodes

    def _tags(self, more: str) -> dict[str, Any]:
        return {**(self._input(more) or {}), **(self._input("tags") or {})}

    def _credentials(self) -> Mapping[str, Any]:
        return self._input("providerCredentialOpts") or {}

    def _outputs(
        self,
        cluster: Resource,
        group: str | None,
        nodes: Resource | None,
        oidc: Resource | None,
        access: Mapping[str, Any],
    ) -> dict[str, Any]:
        made_by_eks = str(cluster.reference("vpcConfig.clusterSecurityGroupId"))
        return {
            "eksCluster": resource_value(cluster),
            "kubeconfig": access,
            "kubeconfigJson": json.dumps(access),
            "clusterSecurityGroupId": group or made_by_eks,
            "nodeSecurityGroupId": str(nodes.reference("id")) if nodes else made_by_eks,
            "clusterIngressRuleId": "",
            "defaultNodeGroupAsgName": "",
            "fargateProfileId": "",
            "fargateProfileStatus": "",
            "instanceRoles": [],
            "autoModeNodeRoleName": "",
            "oidcProviderArn": str(oidc.reference("arn")) if oidc else "",
            "oidcProviderUrl": _issuer(cluster),
            # The plugin removes the scheme of the issuer's URL, because IAM stores the URL without it.
            "oidcIssuer": str(oidc.reference("url")) if oidc else _issuer(cluster),
        }


def _issuer(cluster: Resource) -> str:
    return str(cluster.reference("identities[0].oidcs[0].issuer"))


def _present(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
