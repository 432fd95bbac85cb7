"""One stack as Terraform JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from blueprint import Blueprint, Resource
from blueprint.secrets import Secret
from rehearsal.lowering import Lowered, LoweringError, lower
from rehearsal.lowering.document import ProviderSchema

STRING = {"type": "string", "optional": True}
COMPUTED = {"type": "string", "computed": True}

SCHEMAS: dict[str, dict[str, Any]] = {
    "aws_vpc": {
        "attributes": {
            "id": COMPUTED,
            "arn": COMPUTED,
            "cidr_block": STRING,
            "tags": {"type": ["map", "string"], "optional": True},
        },
        "block_types": {
            "timeouts": {"nesting_mode": "single", "block": {"attributes": {"create": STRING, "delete": STRING}}}
        },
    },
    "aws_security_group": {
        "attributes": {
            "id": COMPUTED,
            "name": STRING,
            "vpc_id": STRING,
            "ingress": {
                "type": ["set", ["object", {"from_port": "number", "description": "string", "self": "bool"}]],
                "optional": True,
            },
        },
    },
    "aws_sqs_queue": {
        "attributes": {"id": COMPUTED, "name": STRING, "policy": STRING, "delay_seconds": {"type": "number"}}
    },
    "aws_db_instance": {
        "attributes": {
            "id": COMPUTED,
            "identifier": STRING,
            "password": {**STRING, "sensitive": True},
            "password_wo": {**STRING, "write_only": True},
            "master_user_secret": {"type": ["list", ["object", {"secret_arn": "string"}]], "computed": True},
        }
    },
    "aws_eks_cluster": {
        "attributes": {
            "id": COMPUTED,
            "name": STRING,
            "identity": {
                "type": ["list", ["object", {"oidc": ["list", ["object", {"issuer": "string"}]]}]],
                "computed": True,
            },
        },
        "block_types": {
            "vpc_config": {
                "nesting_mode": "list",
                "block": {"attributes": {"subnet_ids": {"type": ["set", "string"], "optional": True}}},
            }
        },
    },
}
PROVIDER = {
    "attributes": {"region": STRING, "allowed_account_ids": {"type": ["set", "string"], "optional": True}},
    "block_types": {
        "default_tags": {
            "nesting_mode": "list",
            "block": {"attributes": {"tags": {"type": ["map", "string"], "optional": True}}},
        }
    },
}
PROVIDER_URN = "urn:pulumi:test::trading-platform::pulumi:providers:aws::regional"


def resource(type_: str, name: str, properties: Mapping[str, Any], **given: Any) -> Resource:
    usual: dict[str, Any] = {
        "custom": True,
        "parent": None,
        "provider": PROVIDER_URN,
        "dependencies": (),
        "options": {},
    }
    urn = f"urn:pulumi:test::trading-platform::{type_}::{name}"
    return Resource(urn=urn, type=type_, name=name, properties=properties, **{**usual, **given})


PROVIDER_RESOURCE = resource(
    "pulumi:providers:aws",
    "regional",
    {
        "region": "us-east-1",
        "allowedAccountIds": '["123456789012"]',
        "defaultTags": '{"tags": {"Stack": "primary"}}',
    },
    provider=None,
)
VPC = resource("aws:ec2/vpc:Vpc", "main", {"cidrBlock": "10.0.0.0/16", "tags": {"camelCaseKey": "stays"}})


def lowered(tmp_path: Path, *resources: Resource, outputs: Mapping[str, Any] | None = None) -> Lowered:
    schema = ProviderSchema(frozenset(SCHEMAS), PROVIDER, SCHEMAS.__getitem__)
    blueprint = Blueprint("test", (PROVIDER_RESOURCE, *resources), outputs or {})
    return lower(blueprint, schema, root=tmp_path, folder=tmp_path / "archives", provider_version="5.100.0")


def test_each_provider_becomes_an_alias_with_its_own_region(tmp_path: Path) -> None:
    assert lowered(tmp_path).document["provider"]["aws"] == [
        {
            "alias": "regional",
            "region": "us-east-1",
            "allowed_account_ids": ["123456789012"],
            "default_tags": [{"tags": {"Stack": "primary"}}],
        }
    ]


def test_a_resource_uses_the_providers_names_and_keeps_map_keys(tmp_path: Path) -> None:
    vpc = lowered(tmp_path, VPC).document["resource"]["aws_vpc"]["main"]
    assert vpc["cidr_block"] == "10.0.0.0/16"
    assert vpc["tags"] == {"camelCaseKey": "stays"}
    assert vpc["provider"] == "aws.regional"


def test_a_reference_becomes_an_interpolation_and_needs_no_depends_on(tmp_path: Path) -> None:
    group = resource(
        "aws:ec2/securityGroup:SecurityGroup", "g", {"vpcId": str(VPC.reference("id"))}, dependencies=(VPC.urn,)
    )
    written = lowered(tmp_path, VPC, group).document["resource"]["aws_security_group"]["g"]
    assert written["vpc_id"] == "${aws_vpc.main.id}"
    assert "depends_on" not in written


def test_a_dependency_without_a_reference_becomes_depends_on(tmp_path: Path) -> None:
    queue = resource("aws:sqs/queue:Queue", "q", {"name": "q"}, dependencies=(VPC.urn,))
    written = lowered(tmp_path, VPC, queue).document["resource"]["aws_sqs_queue"]["q"]
    assert written["depends_on"] == ["aws_vpc.main"]


def test_an_object_attribute_has_every_key(tmp_path: Path) -> None:
    group = resource("aws:ec2/securityGroup:SecurityGroup", "g", {"ingress": [{"fromPort": 443}]})
    written = lowered(tmp_path, group).document["resource"]["aws_security_group"]["g"]
    assert written["ingress"] == [{"from_port": 443, "description": None, "self": None}]


def test_policy_variables_stay_literal_next_to_references(tmp_path: Path) -> None:
    policy = json.dumps({"Resource": [f"{VPC.reference('arn')}/*", "home/${aws:username}", "100%{x}"]})
    queue = resource("aws:sqs/queue:Queue", "q", {"policy": policy})
    written = lowered(tmp_path, VPC, queue).document["resource"]["aws_sqs_queue"]["q"]["policy"]
    assert "${aws_vpc.main.arn}/*" in written
    assert "home/$${aws:username}" in written
    assert "100%%{x}" in written


def test_a_policy_given_as_an_object_becomes_json(tmp_path: Path) -> None:
    queue = resource("aws:sqs/queue:Queue", "q", {"policy": {"Statement": []}})
    written = lowered(tmp_path, queue).document["resource"]["aws_sqs_queue"]["q"]
    assert json.loads(written["policy"]) == {"Statement": []}


def test_outputs_of_flattened_blocks_get_an_index(tmp_path: Path) -> None:
    cluster = resource("aws:eks/cluster:Cluster", "c", {"vpcConfig": {"subnetIds": ["a"]}})
    queue = resource("aws:sqs/queue:Queue", "q", {"name": str(cluster.reference("identities[0].oidcs[0].issuer"))})
    document = lowered(tmp_path, cluster, queue).document["resource"]
    assert document["aws_eks_cluster"]["c"]["vpc_config"] == [{"subnet_ids": ["a"]}]
    assert document["aws_sqs_queue"]["q"]["name"] == "${aws_eks_cluster.c.identity[0].oidc[0].issuer}"


def test_unsupported_types_and_arguments_are_listed(tmp_path: Path) -> None:
    queue = resource("aws:sqs/queue:Queue", "q", {"name": "q", "fromTheFuture": True})
    unknown = resource("aws:future/thing:Thing", "t", {})
    result = lowered(tmp_path, queue, unknown)
    assert result.unsupported_arguments == ("aws:sqs/queue:Queue.q: fromTheFuture",)
    assert result.skipped == (("aws:future/thing:Thing", "t", "the installed provider has no such type"),)


def test_references_to_a_missing_output_are_skipped_with_their_dependents(tmp_path: Path) -> None:
    first = resource("aws:sqs/queue:Queue", "first", {"name": str(VPC.reference("fromTheFuture"))})
    second = resource("aws:sqs/queue:Queue", "second", {"name": str(first.reference("id"))})
    result = lowered(tmp_path, VPC, first, second)
    assert {name for _, name, _ in result.skipped} == {"first", "second"}
    assert set(result.document["resource"]) == {"aws_vpc"}


def test_an_export_of_a_missing_output_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoweringError, match="fromTheFuture"):
        lowered(tmp_path, VPC, outputs={"x": str(VPC.reference("fromTheFuture"))})


def test_options_become_meta_arguments(tmp_path: Path) -> None:
    former = "urn:pulumi:test::trading-platform::aws:ec2/vpc:Vpc::old"
    options = {
        "ignoreChanges": ["tags.x", "tags[0]"],
        "customTimeouts": {"create": "5m", "update": "1m"},
        "aliases": [former],
    }
    vpc = resource("aws:ec2/vpc:Vpc", "main", {}, options=options)
    result = lowered(tmp_path, vpc)
    written = result.document["resource"]["aws_vpc"]["main"]
    assert written["lifecycle"] == {"ignore_changes": ["tags"]}
    assert written["timeouts"] == {"create": "5m"}
    assert result.document["moved"] == [{"from": "aws_vpc.old", "to": "aws_vpc.main"}]


def test_retained_resources_are_listed_by_address(tmp_path: Path) -> None:
    vpc = resource("aws:ec2/vpc:Vpc", "main", {}, options={"retainOnDelete": True})
    assert lowered(tmp_path, vpc).retained == {"aws_vpc.main"}


PASSWORD = resource(
    "random:index/randomPassword:RandomPassword", "db", {"length": 32, "minSpecial": 2, "overrideSpecial": "!_"}
)


def test_a_random_password_is_a_variable_and_never_text(tmp_path: Path) -> None:
    database = resource("aws:rds/instance:Instance", "db", {"passwordWo": Secret(str(PASSWORD.reference("result")))})
    result = lowered(tmp_path, PASSWORD, database)
    assert result.document["resource"]["aws_db_instance"]["db"]["password_wo"] == "${var.password_db}"
    variable = result.document["variable"]["password_db"]
    assert variable == {"type": "string", "sensitive": True, "ephemeral": True}


def test_a_password_that_state_must_hold_is_not_ephemeral(tmp_path: Path) -> None:
    database = resource("aws:rds/instance:Instance", "db", {"password": Secret(str(PASSWORD.reference("result")))})
    assert "ephemeral" not in lowered(tmp_path, PASSWORD, database).document["variable"]["password_db"]


def test_a_generated_password_obeys_its_rules(tmp_path: Path) -> None:
    password = lowered(tmp_path, PASSWORD).passwords["password_db"]
    values = {password.make() for _ in range(20)}
    assert len(values) == 20
    for value in values:
        assert len(value) == 32
        assert sum(letter in "!_" for letter in value) >= 2
        assert all(letter.isalnum() or letter in "!_" for letter in value)


def test_a_secret_export_is_sensitive(tmp_path: Path) -> None:
    output = lowered(tmp_path, outputs={"token": Secret("x"), "plain": "y"}).document["output"]
    assert output["token"]["sensitive"] is True
    assert "sensitive" not in output["plain"]
