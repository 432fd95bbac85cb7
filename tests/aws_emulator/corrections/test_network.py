from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

TAGS = [{"Key": "Layer", "Value": "network"}]


@pytest.fixture
def ec2(client):
    return client("ec2", "eu-west-1")


@pytest.fixture
def subnet(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]


def _gateway(ec2, **options):
    return ec2.create_transit_gateway(Options=options)["TransitGateway"]


def _attach(ec2, gateway, subnet, **more):
    return ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway["TransitGatewayId"],
        VpcId=subnet["VpcId"],
        SubnetIds=[subnet["SubnetId"]],
        **more,
    )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]


def _associations(ec2, table):
    found = ec2.get_transit_gateway_route_table_associations(TransitGatewayRouteTableId=table)
    return [held["TransitGatewayAttachmentId"] for held in found["Associations"]]


def test_dhcp_options_keep_the_tags_they_were_created_with(ec2):
    options = ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}],
        TagSpecifications=[{"ResourceType": "dhcp-options", "Tags": TAGS}],
    )["DhcpOptions"]
    assert ec2.describe_dhcp_options(DhcpOptionsIds=[options["DhcpOptionsId"]])["DhcpOptions"][0]["Tags"] == TAGS


def test_a_vpc_attachment_keeps_the_tags_it_was_created_with(ec2, subnet):
    tags = [{"ResourceType": "transit-gateway-attachment", "Tags": TAGS}]
    attachment = _attach(ec2, _gateway(ec2), subnet, TagSpecifications=tags)
    found = ec2.describe_transit_gateway_vpc_attachments(TransitGatewayAttachmentIds=[attachment])
    assert found["TransitGatewayVpcAttachments"][0]["Tags"] == TAGS


def test_an_attachment_joins_the_default_route_table_and_can_leave_it(ec2, subnet):
    gateway = _gateway(ec2)
    table = gateway["Options"]["AssociationDefaultRouteTableId"]
    attachment = _attach(ec2, gateway, subnet)
    assert _associations(ec2, table) == [attachment]
    propagated = ec2.get_transit_gateway_route_table_propagations(TransitGatewayRouteTableId=table)
    assert [held["TransitGatewayAttachmentId"] for held in propagated["TransitGatewayRouteTablePropagations"]] == [
        attachment
    ]
    ec2.disassociate_transit_gateway_route_table(
        TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachment
    )
    assert _associations(ec2, table) == []


def test_a_gateway_without_defaults_has_no_default_route_table(ec2, subnet):
    gateway = _gateway(ec2, DefaultRouteTableAssociation="disable", DefaultRouteTablePropagation="disable")
    assert "AssociationDefaultRouteTableId" not in gateway["Options"]
    attachment = _attach(ec2, gateway, subnet)
    found = ec2.describe_transit_gateway_attachments(TransitGatewayAttachmentIds=[attachment])
    assert "Association" not in found["TransitGatewayAttachments"][0], "nothing is associated by itself"
    of_gateway = [{"Name": "transit-gateway-id", "Values": [gateway["TransitGatewayId"]]}]
    assert ec2.describe_transit_gateway_route_tables(Filters=of_gateway)["TransitGatewayRouteTables"] == []


def test_a_deleted_attachment_leaves_its_route_tables_and_is_seen_as_deleted(ec2, subnet):
    gateway = _gateway(ec2)
    attachment = _attach(ec2, gateway, subnet)
    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attachment)
    assert _associations(ec2, gateway["Options"]["AssociationDefaultRouteTableId"]) == []
    found = ec2.describe_transit_gateway_vpc_attachments(TransitGatewayAttachmentIds=[attachment])
    assert found["TransitGatewayVpcAttachments"][0]["State"] == "deleted"
    _attach(ec2, gateway, subnet)


@pytest.fixture
def vpn(ec2):
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.10", BgpAsn=65000)["CustomerGateway"]
    return ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=customer["CustomerGatewayId"],
        TransitGatewayId=_gateway(ec2)["TransitGatewayId"],
        Options={
            "StaticRoutesOnly": True,
            "TunnelOptions": [{"IKEVersions": [{"Value": "ikev2"}], "DPDTimeoutAction": "restart"}],
        },
    )["VpnConnection"]


def test_a_vpn_keeps_the_options_of_its_tunnels(ec2, vpn):
    found = ec2.describe_vpn_connections(VpnConnectionIds=[vpn["VpnConnectionId"]])["VpnConnections"][0]
    tunnels = found["Options"]["TunnelOptions"]
    assert found["Options"]["StaticRoutesOnly"] is True
    assert tunnels[0]["IkeVersions"] == [{"Value": "ikev2"}]
    assert tunnels[0]["DpdTimeoutAction"] == "restart"
    assert len({tunnel["OutsideIpAddress"] for tunnel in tunnels}) == 2, "each tunnel ends at an address of its own"


def test_static_routes_of_a_vpn_are_kept_found_and_removed(ec2, vpn):
    route = {"VpnConnectionId": vpn["VpnConnectionId"], "DestinationCidrBlock": "192.168.10.0/24"}
    ec2.create_vpn_connection_route(**route)
    by_route = [{"Name": "route.destination-cidr-block", "Values": ["192.168.10.0/24"]}]
    found = ec2.describe_vpn_connections(Filters=by_route)["VpnConnections"]
    assert found[0]["Routes"] == [{"DestinationCidrBlock": "192.168.10.0/24", "Source": "Static", "State": "available"}]
    ec2.delete_vpn_connection_route(**route)
    assert ec2.describe_vpn_connections(Filters=by_route)["VpnConnections"] == []


def test_a_zone_with_a_vpc_is_private(client, ec2, subnet):
    zone = client("route53").create_hosted_zone(
        Name="trading.internal",
        CallerReference="private",
        VPC={"VPCId": subnet["VpcId"], "VPCRegion": "eu-west-1"},
    )["HostedZone"]
    found = client("route53").get_hosted_zone(Id=zone["Id"])
    assert found["HostedZone"]["Config"]["PrivateZone"] is True
    assert [vpc["VPCId"] for vpc in found["VPCs"]] == [subnet["VpcId"]]


def test_a_health_check_keeps_the_alarm_it_watches(client):
    config = {
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": {"Region": "us-west-2", "Name": "p99"},
        "InsufficientDataHealthStatus": "LastKnownStatus",
    }
    route53 = client("route53")
    check = route53.create_health_check(CallerReference="alarm", HealthCheckConfig=config)["HealthCheck"]
    found = route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"]["HealthCheckConfig"]
    assert found["AlarmIdentifier"] == config["AlarmIdentifier"]
    assert found["InsufficientDataHealthStatus"] == "LastKnownStatus"


def test_a_health_check_that_is_turned_keeps_the_rest_and_counts_its_version(client):
    route53 = client("route53")
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "a.test", "RequestInterval": 10, "Port": 443}
    check = route53.create_health_check(CallerReference="turned", HealthCheckConfig=config)["HealthCheck"]
    route53.update_health_check(HealthCheckId=check["Id"], Inverted=True)
    found = route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"]
    assert found["HealthCheckConfig"]["Inverted"] is True
    assert found["HealthCheckConfig"]["RequestInterval"] == 10
    assert found["HealthCheckVersion"] == check["HealthCheckVersion"] + 1


def test_a_placement_group_can_be_made_found_and_deleted(ec2):
    tags = [{"ResourceType": "placement-group", "Tags": TAGS}]
    ec2.create_placement_group(GroupName="engines", Strategy="cluster", TagSpecifications=tags)
    found = ec2.describe_placement_groups(GroupNames=["engines"])["PlacementGroups"][0]
    assert (found["Strategy"], found["State"], found["Tags"]) == ("cluster", "available", TAGS)
    ec2.delete_placement_group(GroupName="engines")
    with pytest.raises(ClientError, match="unknown"):
        ec2.describe_placement_groups(GroupNames=["engines"])


def test_an_instance_keeps_its_tenancy_its_group_and_its_monitoring(ec2, subnet, image):
    ec2.create_placement_group(GroupName="near", Strategy="cluster")
    run = ec2.run_instances(
        ImageId=image,
        InstanceType="c5n.9xlarge",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet["SubnetId"],
        Placement={"Tenancy": "dedicated", "GroupName": "near"},
    )["Instances"][0]["InstanceId"]
    ec2.monitor_instances(InstanceIds=[run])
    found = ec2.describe_instances(InstanceIds=[run])["Reservations"][0]["Instances"][0]
    assert (found["Placement"]["Tenancy"], found["Placement"]["GroupName"]) == ("dedicated", "near")
    assert found["Monitoring"]["State"] == "enabled"
    with pytest.raises(ClientError, match="in use"):
        ec2.delete_placement_group(GroupName="near")


def test_an_instance_takes_its_placement_from_the_launch_template(ec2, subnet, image):
    template = ec2.create_launch_template(
        LaunchTemplateName="engine",
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "c5n.9xlarge",
            "Placement": {"Tenancy": "dedicated", "GroupName": "from-template"},
            "Monitoring": {"Enabled": True},
        },
    )["LaunchTemplate"]["LaunchTemplateId"]
    run = ec2.run_instances(
        LaunchTemplate={"LaunchTemplateId": template}, MinCount=1, MaxCount=1, SubnetId=subnet["SubnetId"]
    )["Instances"][0]["InstanceId"]
    found = ec2.describe_instances(InstanceIds=[run])["Reservations"][0]["Instances"][0]
    assert (found["Placement"]["Tenancy"], found["Placement"]["GroupName"]) == ("dedicated", "from-template")
    assert found["Monitoring"]["State"] == "enabled"


def test_a_route_of_the_hub_names_its_attachment(ec2, subnet):
    gateway = _gateway(ec2)
    table = gateway["Options"]["AssociationDefaultRouteTableId"]
    attachment = _attach(ec2, gateway, subnet)
    ec2.create_transit_gateway_route(
        TransitGatewayRouteTableId=table,
        DestinationCidrBlock="10.50.0.0/16",
        TransitGatewayAttachmentId=attachment,
    )
    static = [{"Name": "type", "Values": ["static"]}]
    routes = ec2.search_transit_gateway_routes(TransitGatewayRouteTableId=table, Filters=static)["Routes"]
    assert [held["TransitGatewayAttachmentId"] for held in routes[0]["TransitGatewayAttachments"]] == [attachment]


def test_a_check_of_an_alarm_has_no_port_and_no_interval(client):
    config = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-west-2", "Name": "p99"}}
    check = client("route53").create_health_check(CallerReference="no-port", HealthCheckConfig=config)["HealthCheck"]
    assert not {"Port", "RequestInterval", "FailureThreshold"} & check["HealthCheckConfig"].keys()


def test_an_attachment_stops_propagating_to_one_table_and_goes_on_to_the_other(ec2, subnet):
    gateway = _gateway(ec2, DefaultRouteTableAssociation="disable", DefaultRouteTablePropagation="disable")
    attachment = _attach(ec2, gateway, subnet)
    tables = [
        ec2.create_transit_gateway_route_table(TransitGatewayId=gateway["TransitGatewayId"])[
            "TransitGatewayRouteTable"
        ]["TransitGatewayRouteTableId"]
        for _ in range(2)
    ]

    def propagating():
        return [
            table
            for table in tables
            if ec2.get_transit_gateway_route_table_propagations(TransitGatewayRouteTableId=table)[
                "TransitGatewayRouteTablePropagations"
            ]
        ]

    for table in tables:
        ec2.enable_transit_gateway_route_table_propagation(
            TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachment
        )
    assert propagating() == tables
    for remaining in ([tables[1]], []):
        stopped = next(table for table in tables if table not in remaining and table in propagating())
        answer = ec2.disable_transit_gateway_route_table_propagation(
            TransitGatewayRouteTableId=stopped, TransitGatewayAttachmentId=attachment
        )
        assert answer["Propagation"]["TransitGatewayRouteTableId"] == stopped
        assert propagating() == remaining


def test_a_vpn_whose_keys_secrets_manager_holds_answers_their_arn_and_not_the_keys(ec2):
    gateway = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.10", BgpAsn=65010)["CustomerGateway"]
    vpn = ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=gateway["CustomerGatewayId"],
        TransitGatewayId=_gateway(ec2)["TransitGatewayId"],
        PreSharedKeyStorage="SecretsManager",
    )["VpnConnection"]
    (found,) = ec2.describe_vpn_connections(VpnConnectionIds=[vpn["VpnConnectionId"]])["VpnConnections"]
    assert found["PreSharedKeyArn"].startswith("arn:aws:secretsmanager:eu-west-1:")
    assert {tunnel["PreSharedKey"] for tunnel in found["Options"]["TunnelOptions"]} == {"redacted"}
