"""The name of the Trading API, as one region answers to it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge.certificate import Certificate, CertificateArgs
from components.layer import Layer
from components.settings import Settings


@dataclass(frozen=True)
class ApiNameArgs:
    """`api_id` and `stage_name` are what the name leads to; `zone_id` is the zone in which it is proven."""

    settings: Settings
    zone_id: pulumi.Input[str]
    api_id: pulumi.Input[str]
    stage_name: pulumi.Input[str]


class ApiName(Layer):
    """Both regions answer to one name, each with a certificate of its own, so that turning traffic is a matter of DNS
    alone. `target` is the region's host behind the name."""

    target: pulumi.Output[str]

    def __init__(self, name: str, args: ApiNameArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:ApiName", name, opts)
        recovery = args.settings.recovery
        self.certificate = Certificate(
            "trading-api",
            CertificateArgs(
                args.settings, recovery.trading_api_domain, recovery.trading_api_certificate_arn, args.zone_id
            ),
            self.child,
        )
        domain = aws.apigateway.DomainName(
            "trading-api",
            domain_name=recovery.trading_api_domain,
            regional_certificate_arn=self.certificate.arn,
            endpoint_configuration=aws.apigateway.DomainNameEndpointConfigurationArgs(types="REGIONAL"),
            # The stricter of the two policies that there are for an API of a region.
            security_policy="TLS_1_2",
            opts=self.child,
        )
        aws.apigateway.BasePathMapping(
            "trading-api",
            domain_name=domain.domain_name,
            rest_api=args.api_id,
            stage_name=args.stage_name,
            opts=self.child,
        )
        self.target = domain.regional_domain_name
        self.register_outputs({"target": self.target})
