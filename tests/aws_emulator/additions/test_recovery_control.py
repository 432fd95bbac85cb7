"""Routing controls: the control plane, the data plane of each region, and the safety rules between them."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def panel(client):
    """A control panel with two routing controls: its ARN and theirs."""
    config = client("route53-recovery-control-config", "us-west-2")
    cluster = config.create_cluster(ClusterName="arc")["Cluster"]
    panel = config.create_control_panel(ClusterArn=cluster["ClusterArn"], ControlPanelName="p")["ControlPanel"]
    controls = [
        config.create_routing_control(
            ClusterArn=cluster["ClusterArn"], ControlPanelArn=panel["ControlPanelArn"], RoutingControlName=name
        )["RoutingControl"]["RoutingControlArn"]
        for name in ("primary", "dr")
    ]
    return config, cluster, panel["ControlPanelArn"], controls


def _state(client, region, arn):
    answer = client("route53-recovery-cluster", region).get_routing_control_state(RoutingControlArn=arn)
    return answer["RoutingControlState"]


def test_a_switch_thrown_in_one_region_is_seen_in_each_region_of_the_clusters_endpoints(client, panel):
    _, cluster, _, (primary, _) = panel
    client("route53-recovery-cluster", "us-west-2").update_routing_control_state(
        RoutingControlArn=primary, RoutingControlState="On"
    )
    regions = [endpoint["Region"] for endpoint in cluster["ClusterEndpoints"]]
    assert len(regions) == 5
    assert {_state(client, region, primary) for region in regions} == {"On"}


def test_a_routing_control_begins_switched_off(client, panel):
    assert _state(client, "us-east-1", panel[3][0]) == "Off"


def test_an_assertion_rule_forbids_to_switch_off_the_last_control(client, panel):
    config, _, panel_arn, (primary, dr) = panel
    data = client("route53-recovery-cluster", "us-west-2")
    data.update_routing_control_state(RoutingControlArn=primary, RoutingControlState="On")
    rule = config.create_safety_rule(
        AssertionRule={
            "Name": "one",
            "ControlPanelArn": panel_arn,
            "AssertedControls": [primary, dr],
            "RuleConfig": {"Inverted": False, "Threshold": 1, "Type": "ATLEAST"},
            "WaitPeriodMs": 1000,
        }
    )["AssertionRule"]["SafetyRuleArn"]
    with pytest.raises(ClientError, match="ConflictException"):
        data.update_routing_control_state(RoutingControlArn=primary, RoutingControlState="Off")
    assert _state(client, "us-east-1", primary) == "On"
    entries = [
        {"RoutingControlArn": primary, "RoutingControlState": "Off"},
        {"RoutingControlArn": dr, "RoutingControlState": "On"},
    ]
    data.update_routing_control_states(UpdateRoutingControlStateEntries=entries)
    assert _state(client, "us-east-1", dr) == "On", "both at once leave one control on"
    data.update_routing_control_state(RoutingControlArn=dr, RoutingControlState="Off", SafetyRulesToOverride=[rule])
    assert _state(client, "us-east-1", dr) == "Off", "an operator can override a rule by naming it"


def test_a_gating_rule_holds_its_targets_until_the_gate_is_open(client, panel):
    config, _, panel_arn, (gate, target) = panel
    config.create_safety_rule(
        GatingRule={
            "Name": "gate",
            "ControlPanelArn": panel_arn,
            "GatingControls": [gate],
            "TargetControls": [target],
            "RuleConfig": {"Inverted": False, "Threshold": 1, "Type": "OR"},
            "WaitPeriodMs": 1000,
        }
    )
    data = client("route53-recovery-cluster", "eu-west-1")
    with pytest.raises(ClientError, match="ConflictException"):
        data.update_routing_control_state(RoutingControlArn=target, RoutingControlState="On")
    data.update_routing_control_state(RoutingControlArn=gate, RoutingControlState="On")
    data.update_routing_control_state(RoutingControlArn=target, RoutingControlState="On")
    assert _state(client, "us-east-1", target) == "On"


def test_a_region_without_an_endpoint_of_the_cluster_serves_no_state(client, panel):
    with pytest.raises(ClientError, match="EndpointTemporarilyUnavailable"):
        _state(client, "eu-central-1", panel[3][0])


def test_a_control_panel_with_routing_controls_is_not_deleted(panel):
    config, _, panel_arn, _ = panel
    with pytest.raises(ClientError, match="ConflictException"):
        config.delete_control_panel(ControlPanelArn=panel_arn)


def test_a_cell_knows_the_recovery_groups_that_it_is_in(client):
    readiness = client("route53-recovery-readiness", "us-west-2")
    cell = readiness.create_cell(CellName="use1")["CellArn"]
    group = readiness.create_recovery_group(RecoveryGroupName="trading", Cells=[cell])["RecoveryGroupArn"]
    assert readiness.get_cell(CellName="use1")["ParentReadinessScopes"] == [group]
    assert readiness.get_cell_readiness_summary(CellName="use1")["Readiness"] == "UNKNOWN"
