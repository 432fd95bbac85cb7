"""ACM certificates for the platform's public names."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

# Seconds. Validation records hardly ever change; Route 53 Developer Guide recommends no shorter TTL for them.
_PROOF_TTL_SECONDS = 300


@dataclass(frozen=True)
class CertificateArgs:
    """`domain` is the certificate's name. `existing_arn` is the ARN of an existing certificate, or empty. `zone_id` is
    the zone for DNS validation, None if an operator creates the records."""

    settings: Settings
    domain: str
    existing_arn: str
    zone_id: pulumi.Input[str] | None


class Certificate(Layer):
    """One certificate of this region, validated by DNS and renewed automatically; or the certificate that the settings
    name.

    Without a zone, the stack waits until an operator creates the records in `records`. ACM asks for the same record in
    every region: both stacks write it with `allow_overwrite`, so neither fails because the record exists.
    """

    arn: pulumi.Output[str]
    """ARN of the issued certificate."""
    records: pulumi.Output[list[dict[str, str]]] | None
    """Name, type and value of the validation records; None for a certificate from the settings."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:Certificate", name, opts)
        self._name = name
        self._args = args
        if args.existing_arn:
            self.arn, self.records = pulumi.Output.from_input(args.existing_arn), None
        else:
            self.arn, self.records = self._issue()
        self.register_outputs({"arn": self.arn})

    def _issue(self) -> tuple[pulumi.Output[str], pulumi.Output[list[dict[str, str]]]]:
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
        record = self._validate(args.zone_id, proof) if args.zone_id else None
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
            # Outputs are shown after an update, but the update waits for these records, so they are logged.
            records.apply(self._log_required_action)
        return issued.certificate_arn, records

    def _log_required_action(self, records: list[dict[str, str]]) -> None:
        for record in records:
            pulumi.log.info(
                f"certificate of {self._args.domain}: create the DNS record {record['name']} {record['type']} "
                f"{record['value']}; the update waits for it",
                self,
            )

    def _validate(
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
        raise ValueError("ACM returned no DNS validation record")
    return value
