"""What monitoring finds outside the cluster, and how its alerts get to people."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import Any

from blueprint import Blueprint
from blueprint.manifests import manifests, releases
from blueprint.references import references_in
from components.kubernetes.alerting_values import alertmanager_config
from components.settings import Settings

IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def _values(stack: Blueprint) -> dict[str, Any]:
    (found,) = (release["values"] for release in releases(stack) if release["name"] == "monitoring")
    return found


def _scraping(stack: Blueprint) -> dict[str, Any]:
    (found,) = (m for m in manifests(stack) if m["kind"] == "ScrapeConfig")
    return found["spec"]


def _statements(stack: Blueprint, role: str) -> dict[str, dict[str, Any]]:
    policy = json.loads(stack.one(ROLE_POLICY, role).properties["policy"])
    return {
        statement["Sid"]: {
            **statement,
            "Action": _listed(statement["Action"]),
            "Resource": _listed(statement["Resource"]),
        }
        for statement in policy["Statement"]
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _engine_names(stack: Blueprint) -> list[tuple[str, bool]]:
    """The names of all hosts of engines, and whether each is of the fleet."""
    fixed = [(i.properties["tags"]["Name"], False) for i in stack.of_type("aws:ec2/instance:Instance")]
    (template,) = (t for t in stack.of_type("aws:ec2/launchTemplate:LaunchTemplate") if t.name == "engine-fleet")
    (tags,) = (s["tags"] for s in template.properties["tagSpecifications"] if s["resourceType"] == "instance")
    return [*fixed, (tags["Name"], True)]


def test_every_engine_is_found_by_its_name_and_nothing_else_is(stack: Blueprint):
    (search,) = _scraping(stack)["ec2SDConfigs"]
    filters = {each["name"]: each["values"] for each in search["filters"]}
    assert filters["instance-state-name"] == ["running"], "a host of the warm pool is stopped, and no engine is missing"
    names = [name for name, _ in _engine_names(stack)]
    for name in names:
        assert any(fnmatch(name, pattern) for pattern in filters["tag:Name"]), f"{name} is not watched"
    others = {
        specification["tags"]["Name"]
        for template in stack.of_type("aws:ec2/launchTemplate:LaunchTemplate")
        for specification in template.properties.get("tagSpecifications", [])
        if "Name" in specification["tags"]
    } - set(names)
    for name in others:
        assert not any(fnmatch(name, pattern) for pattern in filters["tag:Name"]), f"{name} is no engine"


def test_engines_are_scraped_on_the_port_that_the_groups_open_to_nodes(stack: Blueprint):
    (search,) = _scraping(stack)["ec2SDConfigs"]
    rules = {r.name for r in stack.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")}
    assert f"cluster-nodes-to-trading-engines-{search['port']}" in rules
    (services,) = _values(stack)["prometheus"]["prometheusSpec"]["additionalScrapeConfigs"]
    (search,) = services["aws_sd_configs"]
    assert f"cluster-nodes-to-services-{search['port']}" in rules
    (definition,) = json.loads(
        stack.one("aws:ecs/taskDefinition:TaskDefinition", "services").properties["containerDefinitions"]
    )
    assert search["port"] in {mapping["containerPort"] for mapping in definition["portMappings"]}


def test_targets_are_looked_for_in_the_stacks_own_region_and_cluster(stack: Blueprint):
    region = stack.outputs["region"]
    (engines,) = _scraping(stack)["ec2SDConfigs"]
    (configured,) = _values(stack)["prometheus"]["prometheusSpec"]["additionalScrapeConfigs"]
    (services,) = configured["aws_sd_configs"]
    assert engines["region"] == services["region"] == region
    (cluster,) = references_in(services["clusters"])
    assert (cluster.type, cluster.name, cluster.path) == ("aws:ecs/cluster:Cluster", "services", "arn")


def test_a_host_of_the_fleet_is_told_from_one_that_always_stands(stack: Blueprint):
    """Auto Scaling marks its own with a tag; both values are those that alerts ask for."""
    rules = [rule for rule in _scraping(stack)["relabelings"] if rule["targetLabel"] == "fleet"]
    assert rules[0] == {"targetLabel": "fleet", "replacement": "fixed"}
    assert rules[1]["sourceLabels"] == ["__meta_ec2_tag_aws_autoscaling_groupName"]
    assert rules[1]["replacement"] == "elastic"


def test_hosts_and_tasks_are_told_the_bounds_of_the_histogram(stack: Blueprint):
    (definition,) = json.loads(
        stack.one("aws:ecs/taskDefinition:TaskDefinition", "services").properties["containerDefinitions"]
    )
    (bounds,) = (e["value"] for e in definition["environment"] if e["name"] == "LATENCY_BUCKETS")
    numbers = [int(bound) for bound in bounds.split(",")]
    assert numbers == sorted(set(numbers))
    assert 1000 in numbers
    assert numbers[0] < 100


def test_each_part_of_monitoring_has_the_account_that_its_role_is_for(stack: Blueprint):
    values = _values(stack)
    accounts = {
        values["prometheus"]["serviceAccount"]["name"]: "pod-metrics",
        values["alertmanager"]["serviceAccount"]["name"]: "pod-alerts",
        values["grafana"]["serviceAccount"]["name"]: "pod-dashboards",
    }
    (release,) = (r for r in stack.of_type("kubernetes:helm.sh/v3:Release") if r.name == "monitoring")
    for account, role in accounts.items():
        (identity,) = (i for i in stack.of_type(IDENTITY) if i.properties["serviceAccount"] == account)
        assert identity.properties["namespace"] == "monitoring"
        assert next(references_in(identity.properties["roleArn"])).name == role
        assert identity.urn in release.dependencies, f"{account} would start without credentials"


def test_alerts_go_to_the_topic_that_people_are_subscribed_to(stack: Blueprint):
    config = _values(stack)["alertmanager"]["config"]
    (receiver,) = config["receivers"]
    (sns,) = receiver["sns_configs"]
    (topic,) = references_in(sns["topic_arn"])
    assert (topic.type, topic.name) == ("aws:sns/topic:Topic", "operations")
    subscribed = {
        next(references_in(s.properties["topic"])).name
        for s in stack.of_type("aws:sns/topicSubscription:TopicSubscription")
        if s.properties["protocol"] == "email"
    }
    assert topic.name in subscribed
    assert sns["sigv4"] == {"region": stack.outputs["region"]}, "no key is kept: the role of the pod signs"
    routes = [config["route"], *config["route"]["routes"]]
    assert {route["receiver"] for route in routes} == {receiver["name"]}, "an alert would reach nobody"


def test_alertmanager_may_tell_that_topic_and_nothing_else(stack: Blueprint):
    statements = _statements(stack, "pod-alerts")
    assert statements["TellPeople"]["Action"] == ["sns:Publish"]
    assert {reference.name for reference in references_in(statements["TellPeople"]["Resource"])} == {"operations"}
    key = statements["Encrypt"]
    (topic,) = (t for t in stack.of_type("aws:sns/topic:Topic") if t.name == "operations")
    assert list(references_in(key["Resource"])) == list(references_in(topic.properties["kmsMasterKeyId"]))
    via = key["Condition"]["StringEquals"]["kms:ViaService"]
    assert via == f"sns.{stack.outputs['region']}.amazonaws.com"
    assert set(statements) == {"TellPeople", "Encrypt"}


def test_the_key_of_the_topic_lets_the_account_use_it_through_sns(stack: Blueprint):
    (topic,) = (t for t in stack.of_type("aws:sns/topic:Topic") if t.name == "operations")
    (reference,) = references_in(topic.properties["kmsMasterKeyId"])
    key = stack.one(reference.type, reference.name)
    (use,) = (s for s in json.loads(key.properties["policy"])["Statement"] if s["Sid"] == "UseThroughItsServices")
    assert f"sns.{stack.outputs['region']}.amazonaws.com" in use["Condition"]["StringEquals"]["kms:ViaService"]
    assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(use["Action"])


def test_nobody_in_monitoring_may_change_anything(stack: Blueprint):
    for role in ("pod-metrics", "pod-dashboards"):
        for statement in _statements(stack, role).values():
            for action in statement["Action"]:
                assert action.split(":")[1].startswith(("Describe", "Get", "List")), action


def test_prometheus_may_ask_for_what_it_proves_its_credentials_by(stack: Blueprint):
    """Its discovery asks for a cluster without a name first, which is the one called default, and gives up when
    refused."""
    looked_at = _statements(stack, "pod-metrics")["LookAtTheCluster"]["Resource"]
    assert any(str(resource).endswith(":cluster/default") for resource in looked_at)


def test_what_is_critical_is_told_sooner_and_more_often():
    config = alertmanager_config(Settings.parse({}), "arn:aws:sns:us-east-1:123456789012:operations")
    (critical,) = config["route"]["routes"]
    assert critical["matchers"] == ['severity = "critical"']
    assert _seconds(critical["group_wait"]) < _seconds(config["route"]["group_wait"])
    assert _seconds(critical["repeat_interval"]) < _seconds(config["route"]["repeat_interval"])
    # A second engine joins the group of the first, which waits for its next turn.
    assert _seconds(critical["group_interval"]) <= 30


def test_two_alertmanagers_find_each_other_where_there_is_room_for_two(primary: Blueprint, dr: Blueprint):
    assert _values(primary)["alertmanager"]["alertmanagerSpec"]["replicas"] == 2
    assert _values(dr)["alertmanager"]["alertmanagerSpec"]["replicas"] == 1
    rules = {r.name for r in primary.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")}
    pods = "cluster-nodes-to-cluster-nodes"
    assert {f"{pods}-9093", f"{pods}-9094", f"{pods}-9094-udp"} <= rules
    (closed,) = (m for m in manifests(primary) if m["kind"] == "NetworkPolicy" and m["metadata"]["name"] == "closed")
    assert closed["spec"]["ingress"] == [{"from": [{"podSelector": {}}]}], "they reach each other, and nobody else does"


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * {"s": 1, "m": 60, "h": 3600}[duration[-1]]
