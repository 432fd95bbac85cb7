"""VPC endpoints for AWS services: gateway endpoints for S3 and DynamoDB, interface endpoints for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.endpoint_policies import gateway_policy, interface_policy
from components.network.vpc import Vpc
from components.settings.sizes import PrivateServices

GATEWAY_SERVICES = ("s3", "dynamodb")


@dataclass(frozen=True)
class Service:
    """A service with an interface endpoint: the last part of the endpoint's name, the prefix of the service's IAM
    actions, and whether a standby region calls it."""

    name: str
    actions: str
    standing: bool = False


# In standby only functions run: they read secrets, decrypt, assume roles, write to streams, queues, topics and the bus,
# and publish metrics and logs. Hosts and containers start after a takeover.
INTERFACE_SERVICES = (
    Service("kinesis-streams", "kinesis", standing=True),
    Service("kinesis-firehose", "firehose"),
    Service("sqs", "sqs", standing=True),
    Service("sns", "sns", standing=True),
    Service("events", "events", standing=True),
    Service("kms", "kms", standing=True),
    Service("secretsmanager", "secretsmanager", standing=True),
    Service("sts", "sts", standing=True),
    Service("logs", "logs", standing=True),
    Service("monitoring", "cloudwatch", standing=True),
    Service("xray", "xray"),
    # Hosts of the fleet complete their launch and termination hooks at their Auto Scaling group.
    Service("autoscaling", "autoscaling"),
    Service("ecr.api", "ecr"),
    Service("ecr.dkr", "ecr"),
    Service("elasticfilesystem", "elasticfilesystem"),
    # These three endpoints let Systems Manager reach hosts without SSH and without the internet.
    Service("ssm", "ssm"),
    Service("ssmmessages", "ssmmessages"),
    Service("ec2messages", "ec2messages"),
)


def services_of(choice: PrivateServices) -> tuple[Service, ...]:
    """The services for which a stack of that size has interface endpoints."""
    if choice is PrivateServices.ALL:
        return INTERFACE_SERVICES
    return tuple(service for service in INTERFACE_SERVICES if service.standing)


@dataclass(frozen=True)
class GatewayEndpointsArgs:
    """`name` is the first part of each endpoint's name tag."""

    name: str
    account_id: str
    region: str
    vpc: Vpc


class GatewayEndpoints(Layer):
    """S3 and DynamoDB endpoints, with a route in each private route table: free of charge, and not through a NAT
    gateway."""

    prefix_lists: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: GatewayEndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:GatewayEndpoints", name, opts)
        endpoints = {
            service: aws.ec2.VpcEndpoint(
                service,
                vpc_id=args.vpc.id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=[*args.vpc.app_route_table_ids, args.vpc.data_routes.id],
                policy=gateway_policy(service, args.account_id, args.region),
                tags={"Name": f"{args.name}-{service}"},
                opts=self.child,
            )
            for service in GATEWAY_SERVICES
        }
        self.prefix_lists = {service: endpoint.prefix_list_id for service, endpoint in endpoints.items()}
        self.register_outputs({"prefixLists": self.prefix_lists})


@dataclass(frozen=True)
class InterfaceEndpointsArgs:
    """`security_group_id` is the endpoints' own group, which admits HTTPS from inside the VPC."""

    name: str
    account_id: str
    region: str
    vpc: Vpc
    services: tuple[Service, ...]
    security_group_id: pulumi.Input[str]


class InterfaceEndpoints(Layer):
    """Interface endpoints with private DNS: one interface for each service in the app subnet of each zone."""

    def __init__(self, name: str, args: InterfaceEndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:InterfaceEndpoints", name, opts)
        for service in args.services:
            aws.ec2.VpcEndpoint(
                service.name,
                vpc_id=args.vpc.id,
                service_name=f"com.amazonaws.{args.region}.{service.name}",
                vpc_endpoint_type="Interface",
                subnet_ids=args.vpc.app_subnet_ids,
                security_group_ids=[args.security_group_id],
                private_dns_enabled=True,
                policy=interface_policy(service.actions, args.account_id),
                tags={"Name": f"{args.name}-{service.name}"},
                opts=self.child,
            )
        self.register_outputs({"services": [service.name for service in args.services]})
