"""Direct Connect, EC2, EKS, Lambda and API Gateway additions."""

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError


def _code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_a_direct_connect_gateway_association_needs_an_existing_transit_gateway(client):
    hub = client("ec2").create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    dx = client("directconnect")
    gateway = dx.create_direct_connect_gateway(directConnectGatewayName="g")["directConnectGateway"]
    identifier = gateway["directConnectGatewayId"]
    prefixes = [{"cidr": "10.0.0.0/16"}]
    made = dx.create_direct_connect_gateway_association(
        directConnectGatewayId=identifier, gatewayId=hub, addAllowedPrefixesToDirectConnectGateway=prefixes
    )["directConnectGatewayAssociation"]
    assert made["associatedGateway"]["type"] == "transitGateway"
    assert made["allowedPrefixesToDirectConnectGateway"] == prefixes
    missing = _code(dx.create_direct_connect_gateway_association, directConnectGatewayId=identifier, gatewayId="tgw-0")
    assert missing == "DirectConnectClientException"
    in_use = _code(dx.delete_direct_connect_gateway, directConnectGatewayId=identifier)
    assert in_use == "DirectConnectClientException", "a gateway with associations is not deleted"


def test_allowed_prefixes_are_added_and_removed(client):
    hub = client("ec2").create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    dx = client("directconnect")
    gateway = dx.create_direct_connect_gateway(directConnectGatewayName="g")["directConnectGateway"]
    made = dx.create_direct_connect_gateway_association(
        directConnectGatewayId=gateway["directConnectGatewayId"],
        gatewayId=hub,
        addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.0.0.0/16"}],
    )["directConnectGatewayAssociation"]
    changed = dx.update_direct_connect_gateway_association(
        associationId=made["associationId"],
        addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.1.0.0/16"}],
        removeAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.0.0.0/16"}],
    )["directConnectGatewayAssociation"]
    assert changed["allowedPrefixesToDirectConnectGateway"] == [{"cidr": "10.1.0.0/16"}]


def test_a_capacity_reservation_keeps_its_tags_with_moto_and_stays_listed_when_cancelled(client):
    ec2 = client("ec2")
    made = ec2.create_capacity_reservation(
        InstanceType="c5n.9xlarge",
        InstancePlatform="Linux/UNIX",
        AvailabilityZone="us-east-1a",
        InstanceCount=4,
        TagSpecifications=[{"ResourceType": "capacity-reservation", "Tags": [{"Key": "Role", "Value": "engine"}]}],
    )["CapacityReservation"]
    identifier = made["CapacityReservationId"]
    ec2.create_tags(Resources=[identifier], Tags=[{"Key": "Role", "Value": "market data"}])
    ec2.modify_capacity_reservation(CapacityReservationId=identifier, InstanceCount=6)
    found = ec2.describe_capacity_reservations(Filters=[{"Name": "tag:Role", "Values": ["market data"]}])
    assert [item["TotalInstanceCount"] for item in found["CapacityReservations"]] == [6]
    ec2.cancel_capacity_reservation(CapacityReservationId=identifier)
    again = ec2.describe_capacity_reservations(CapacityReservationIds=[identifier])
    assert again["CapacityReservations"][0]["State"] == "cancelled"


def test_a_capacity_reservation_outside_the_region_is_refused(client):
    code = _code(
        client("ec2").create_capacity_reservation,
        InstanceType="c5n.9xlarge",
        InstancePlatform="Linux/UNIX",
        AvailabilityZone="us-west-2a",
        InstanceCount=1,
    )
    assert code == "InvalidParameterValue"


def test_region_settings_apply_only_in_their_region(client):
    ec2 = client("ec2")
    ec2.enable_serial_console_access()
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=1)
    assert ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"] is True
    assert ec2.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"
    assert ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"] == "required"
    other = client("ec2", "us-west-2")
    assert other.get_serial_console_access_status()["SerialConsoleAccessEnabled"] is False
    assert other.get_snapshot_block_public_access_state()["State"] == "unblocked"
    assert "HttpTokens" not in other.get_instance_metadata_defaults()["AccountLevel"]


def test_the_default_ebs_key_exists(client):
    key = client("kms").create_key()["KeyMetadata"]
    ec2 = client("ec2")
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key["KeyId"])["KmsKeyId"] == key["Arn"]
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_a_vpn_connection_is_found_by_its_static_route(client):
    ec2 = client("ec2")
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.1", BgpAsn=65000)
    vpn = ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=customer["CustomerGateway"]["CustomerGatewayId"],
        VpnGatewayId=ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"],
    )["VpnConnection"]["VpnConnectionId"]
    ec2.create_vpn_connection_route(VpnConnectionId=vpn, DestinationCidrBlock="192.168.0.0/24")
    by_route = [{"Name": "route.destination-cidr-block", "Values": ["192.168.0.0/24"]}]
    found = ec2.describe_vpn_connections(Filters=by_route)["VpnConnections"]
    assert [item["VpnConnectionId"] for item in found] == [vpn]
    assert found[0]["Routes"][0]["State"] == "available"
    ec2.delete_vpn_connection_route(VpnConnectionId=vpn, DestinationCidrBlock="192.168.0.0/24")
    assert ec2.describe_vpn_connections(Filters=by_route)["VpnConnections"] == []


@pytest.fixture
def eks(client):
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    eks = client("eks")
    role = "arn:aws:iam::123456789012:role/eks"
    eks.create_cluster(name="trading", version="1.35", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    return eks


def test_an_add_on_keeps_its_pinned_version_and_updates_at_once(eks):
    eks.create_addon(clusterName="trading", addonName="vpc-cni", addonVersion="v1.19.0-eksbuild.1", tags={"a": "b"})
    update = eks.update_addon(clusterName="trading", addonName="vpc-cni", addonVersion="v1.19.2-eksbuild.1")["update"]
    seen = eks.describe_update(name="trading", addonName="vpc-cni", updateId=update["id"])["update"]
    assert seen["status"] == "Successful"
    addon = eks.describe_addon(clusterName="trading", addonName="vpc-cni")["addon"]
    assert (addon["addonVersion"], addon["status"]) == ("v1.19.2-eksbuild.1", "ACTIVE")
    assert eks.list_tags_for_resource(resourceArn=addon["addonArn"])["tags"] == {"a": "b"}


def test_an_unknown_add_on_or_cluster_is_refused(eks):
    assert _code(eks.create_addon, clusterName="other", addonName="vpc-cni") == "ResourceNotFoundException"
    assert _code(eks.create_addon, clusterName="trading", addonName="mine") == "InvalidParameterException"


def test_an_add_on_owns_its_pod_identity_associations(eks):
    eks.create_addon(
        clusterName="trading",
        addonName="aws-ebs-csi-driver",
        podIdentityAssociations=[{"serviceAccount": "sa", "roleArn": "arn:aws:iam::123456789012:role/ebs"}],
    )
    owned = eks.list_pod_identity_associations(clusterName="trading")["associations"]
    addon = eks.describe_addon(clusterName="trading", addonName="aws-ebs-csi-driver")["addon"]
    assert [item["ownerArn"] for item in owned] == [addon["addonArn"]]
    eks.delete_addon(clusterName="trading", addonName="aws-ebs-csi-driver")
    assert eks.list_pod_identity_associations(clusterName="trading")["associations"] == []


def test_an_access_entry_lists_its_associated_policies(eks):
    principal = "arn:aws:iam::123456789012:role/operators"
    entry = eks.create_access_entry(clusterName="trading", principalArn=principal)["accessEntry"]
    assert entry["username"] == "arn:aws:sts::123456789012:assumed-role/operators/{{SessionName}}"
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    eks.associate_access_policy(
        clusterName="trading", principalArn=principal, policyArn=policy, accessScope={"type": "cluster"}
    )
    listed = eks.list_access_entries(clusterName="trading", associatedPolicyArn=policy)["accessEntries"]
    assert listed == [principal]
    eks.disassociate_access_policy(clusterName="trading", principalArn=principal, policyArn=policy)
    assert (
        eks.list_associated_access_policies(clusterName="trading", principalArn=principal)["associatedAccessPolicies"]
        == []
    )


def test_deleting_a_cluster_deletes_its_access_entries(eks):
    eks.create_access_entry(clusterName="trading", principalArn="arn:aws:iam::123456789012:role/a")
    eks.delete_cluster(name="trading")
    assert eks.list_access_entries(clusterName="trading")["accessEntries"] == []


def test_a_service_account_has_one_pod_identity_association(eks):
    wanted = {"clusterName": "trading", "namespace": "n", "serviceAccount": "s", "roleArn": "arn:aws:iam::1:role/r"}
    eks.create_pod_identity_association(**wanted)
    assert _code(eks.create_pod_identity_association, **wanted) == "ResourceInUseException"


@pytest.fixture
def function(client):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return {}")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = client("iam").create_role(RoleName="l", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    made = client("lambda").create_function(
        FunctionName="intake",
        Runtime="python3.12",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": package.getvalue()},
        Publish=True,
    )
    client("lambda").create_alias(FunctionName="intake", Name="live", FunctionVersion=made["Version"])
    return client("lambda")


def test_only_published_versions_and_aliases_have_provisioned_concurrency(function):
    function.put_provisioned_concurrency_config(
        FunctionName="intake", Qualifier="live", ProvisionedConcurrentExecutions=5
    )
    seen = function.get_provisioned_concurrency_config(FunctionName="intake", Qualifier="live")
    assert (seen["Status"], seen["AvailableProvisionedConcurrentExecutions"]) == ("READY", 5)
    listed = function.list_provisioned_concurrency_configs(FunctionName="intake")["ProvisionedConcurrencyConfigs"]
    assert len(listed) == 1
    function.put_provisioned_concurrency_config(FunctionName="intake", Qualifier="1", ProvisionedConcurrentExecutions=1)
    latest = _code(
        function.put_provisioned_concurrency_config,
        FunctionName="intake",
        Qualifier="$LATEST",
        ProvisionedConcurrentExecutions=5,
    )
    assert latest == "InvalidParameterValueException"


def test_a_code_signing_configuration_in_use_is_not_deleted(function):
    profile = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/trading/abcdefghij"
    arn = function.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [profile]})[
        "CodeSigningConfig"
    ]["CodeSigningConfigArn"]
    function.put_function_code_signing_config(FunctionName="intake", CodeSigningConfigArn=arn)
    assert function.get_function_code_signing_config(FunctionName="intake")["CodeSigningConfigArn"] == arn
    assert _code(function.delete_code_signing_config, CodeSigningConfigArn=arn) == "ResourceConflictException"
    function.delete_function_code_signing_config(FunctionName="intake")
    function.delete_code_signing_config(CodeSigningConfigArn=arn)
    assert _code(function.get_code_signing_config, CodeSigningConfigArn=arn) == "ResourceNotFoundException"


def test_a_client_certificate_is_tagged_by_its_arn(client):
    made = client("apigateway").generate_client_certificate(description="c", tags={"a": "b"})
    arn = f"arn:aws:apigateway:us-east-1::/clientcertificates/{made['clientCertificateId']}"
    client("apigateway").tag_resource(resourceArn=arn, tags={"c": "d"})
    seen = client("apigateway").get_client_certificate(clientCertificateId=made["clientCertificateId"])
    assert seen["tags"] == {"a": "b", "c": "d"}


def test_a_rest_api_of_moto_is_tagged_by_its_arn(client):
    api = client("apigateway").create_rest_api(name="orders", tags={"a": "b"})["id"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api}"
    client("apigateway").tag_resource(resourceArn=arn, tags={"c": "d"})
    client("apigateway").untag_resource(resourceArn=arn, tagKeys=["a"])
    assert client("apigateway").get_tags(resourceArn=arn)["tags"] == {"c": "d"}
    assert client("apigateway").get_rest_api(restApiId=api)["tags"] == {"c": "d"}
