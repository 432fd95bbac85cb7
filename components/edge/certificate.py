"""The certificate that the load balancers show."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

# Route 53 Developer Guide has no shorter advice for records that prove a certificate; they change hardly ever.
_PROOF_TTL_SECONDS = 300


@dataclass(frozen=True)
class CertificateArgs:
    """`settings` name the domain, and the zone or the certificate where there is one already."""

    settings: Settings


class Certificate(Layer):
    """One certificate of this region for the platform's domain, proven by DNS and so renewed without a person; or the
    one that the settings name.

    Where no zone is named, the stack waits for a person to make the records in `records`. ACM asks for the same record
    in every region, so that both stacks write it, and neither is troubled by the other's having been there first.
    """

    arn: pulumi.Output[str]
    """ARN of a certificate that is issued."""
    records: pulumi.Output[list[dict[str, str]]] | None
    """Name, type and value of the records that prove the domain; None for a certificate that was brought along."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:Certificate", name, opts)
        compute = args.settings.compute
        if compute.certificate_arn:
            self.arn, self.records = pulumi.Output.from_input(compute.certificate_arn), None
        else:
            self.arn, self.records = self._issued(args.settings)
        self.register_outputs({"arn": self.arn})

    def _issued(self, settings: Settings) -> tuple[pulumi.Output[str], pulumi.Output[list[dict[str, str]]]]:
        compute = settings.compute
        certificate = aws.acm.Certificate(
            "balancers",
            domain_name=compute.api_domain,
            validation_method="DNS",
            key_algorithm="EC_prime256v1",
            tags={"Name": settings.name("balancers")},
            opts=self.child,
        )
        proof = certificate.domain_validation_options[0]
        record = self._prove(compute.dns_zone_id, proof) if compute.dns_zone_id else None
        issued = aws.acm.CertificateValidation(
            "balancers",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn] if record else None,
            opts=self.child,
        )
        records = pulumi.Output.all(
            name=proof.resource_record_name, type=proof.resource_record_type, value=proof.resource_record_value
        ).apply(lambda entry: [dict(entry)])
        return issued.certificate_arn, records

    def _prove(
        self, zone_id: str, proof: pulumi.Output[aws.acm.outputs.CertificateDomainValidationOption]
    ) -> aws.route53.Record:
        return aws.route53.Record(
            "balancers-certificate",
            zone_id=zone_id,
            name=proof.resource_record_name.apply(_present),
            type=proof.resource_record_type.apply(_present),
            records=[proof.resource_record_value.apply(_present)],
            ttl=_PROOF_TTL_SECONDS,
            allow_overwrite=True,
            opts=self.child,
        )


def _present(value: str | None) -> str:
    if value is None:
        raise ValueError("ACM named no record to prove the domain by")
    return value
