"""The custom domain name of the Trading API in one region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge.certificate import Certificate, CertificateArgs
from components.layer import Layer
from components.settings import Settings


@dataclass(frozen=True)
class ApiNameArgs:
    """`api_id` and `stage_name` are the target of the name; `zone_id` is the zone for DNS validation."""

    settings: Settings
    zone_id: pulumi.Input[str]
    api_id: pulumi.Input[str]
    stage_name: pulumi.Input[str]


class ApiName(Layer):
    """Both regions have the same custom domain name, each with its own certificate, so that only DNS decides which
    region receives traffic. `target` is the region's host behind the name."""

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
            # The stricter of the two security policies of a regional API.
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
