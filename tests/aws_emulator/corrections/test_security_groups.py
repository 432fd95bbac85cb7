from __future__ import annotations

import pytest


@pytest.fixture
def ec2(client):
    return client("ec2", "us-east-1")


@pytest.fixture
def groups(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_security_group(GroupName=f"group-{index}", Description="of a test", VpcId=vpc)["GroupId"]
        for index in range(2)
    ]


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rule_that_names_a_group_keeps_its_description(ec2, groups, direction):
    near, far = groups
    pair = {"GroupId": far, "Description": "Services submit orders"}
    rule = getattr(ec2, f"authorize_security_group_{direction}")(
        GroupId=near,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "UserIdGroupPairs": [pair]}],
    )["SecurityGroupRules"][0]
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    (kept,) = found["SecurityGroupRules"]
    assert kept["Description"] == "Services submit orders"
    assert kept["ReferencedGroupInfo"]["GroupId"] == far
    assert "CidrIpv4" not in kept


def test_a_rule_that_names_a_prefix_list_keeps_its_description(ec2, groups):
    prefixes = ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    named = {"PrefixListId": prefixes, "Description": "S3 is called through its gateway endpoint"}
    rule = ec2.authorize_security_group_egress(
        GroupId=groups[0],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [named]}],
    )["SecurityGroupRules"][0]
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert found["SecurityGroupRules"][0]["Description"] == "S3 is called through its gateway endpoint"


def test_a_rule_that_names_a_group_can_be_taken_back(ec2, groups):
    near, far = groups
    permission = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443}
    pair = {"GroupId": far, "Description": "Services submit orders"}
    ec2.authorize_security_group_ingress(GroupId=near, IpPermissions=[{**permission, "UserIdGroupPairs": [pair]}])
    ec2.revoke_security_group_ingress(GroupId=near, IpPermissions=[{**permission, "UserIdGroupPairs": [pair]}])
    assert ec2.describe_security_groups(GroupIds=[near])["SecurityGroups"][0]["IpPermissions"] == []
