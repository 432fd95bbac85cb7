"""Certificates of what clients call by name."""

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
    """`domain` is what it is for. `brought_along` is the ARN of one that is there already, or empty; `zone_id` is the
    zone in which the domain is proven, None where a person does."""

    settings: Settings
    domain: str
    brought_along: str
    zone_id: pulumi.Input[str] | None


class Certificate(Layer):
    """One certificate of this region for a name of the platform, proven by DNS and so renewed without a person; or the
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
        self._name = name
        self._args = args
        if args.brought_along:
            self.arn, self.records = pulumi.Output.from_input(args.brought_along), None
        else:
            self.arn, self.records = self._issued()
        self.register_outputs({"arn": self.arn})

    def _issued(self) -> tuple[pulumi.Output[str], pulumi.Output[list[dict[str, str]]]]:
        args = self._args
        certificate = aws.acm.Certificate(
            self._name,
            domain_name=args.domain,
            validation_method="DNS",
            key_algorithm="EC_prime256v1",
            tags={"Name": args.settings.name(self._name)},
            opts=self.child,
        )
        proof = certificate.domain_validation_options[0]
        record = self._prove(args.zone_id, proof) if args.zone_id else None
        issued = aws.acm.CertificateValidation(
            self._name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn] if record else None,
            opts=self.child,
        )
        records = pulumi.Output.all(
            name=proof.resource_record_name, type=proof.resource_record_type, value=proof.resource_record_value
        ).apply(lambda entry: [dict(entry)])
        if record is None and not pulumi.runtime.is_dry_run():
            # An output is shown when the update ends, and the update waits for these.
            records.apply(self._tell)
        return issued.certificate_arn, records

    def _tell(self, records: list[dict[str, str]]) -> None:
        for record in records:
            pulumi.log.info(
                f"certificate of {self._args.domain}: make the DNS record {record['name']} {record['type']} "
                f"{record['value']}; the update waits for it",
                self,
            )

    def _prove(
        self, zone_id: pulumi.Input[str], proof: pulumi.Output[aws.acm.outputs.CertificateDomainValidationOption]
    ) -> aws.route53.Record:
        return aws.route53.Record(
            f"{self._name}-certificate",
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
