"""Detection of intrusions and vulnerabilities: GuardDuty, Inspector, Security Hub."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

# GuardDuty API Reference, DetectorFeatureConfiguration.
_FEATURES = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
)
# Services whose agents GuardDuty installs and updates itself. EC2 is not among them: an agent that updates itself would
# cause jitter on the isolated cores of the latency tier.
_AGENTS = (
    ("EKS_ADDON_MANAGEMENT", "ENABLED"),
    ("ECS_FARGATE_AGENT_MANAGEMENT", "ENABLED"),
    ("EC2_AGENT_MANAGEMENT", "DISABLED"),
)
_SCANNED = ("EC2", "ECR", "LAMBDA", "LAMBDA_CODE")
# Security Hub User Guide, "Standards reference".
_STANDARDS = {
    "fsbp": "aws-foundational-security-best-practices/v/1.0.0",
    "cis": "cis-aws-foundations-benchmark/v/3.0.0",
    "pci-dss": "pci-dss/v/4.0.1",
    "nist-800-53": "nist-800-53/v/5.0.0",
}


@dataclass(frozen=True)
class DetectionArgs:
    """`settings` provide account and region."""

    settings: Settings


class Detection(Layer):
    """All three services in this account and region. The recovery region has them too, because an attack can come
    before a failover."""

    def __init__(self, name: str, args: DetectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Detection", name, opts)
        self.detector = self._guard_duty()
        self.scanner = aws.inspector2.Enabler(
            "scanner",
            account_ids=[args.settings.general.account_id],
            resource_types=list(_SCANNED),
            opts=self.child,
        )
        self._security_hub(args.settings.region.name)
        self.register_outputs({"detector": self.detector.id})

    def _guard_duty(self) -> aws.guardduty.Detector:
        detector = aws.guardduty.Detector(
            "detector", enable=True, finding_publishing_frequency="FIFTEEN_MINUTES", opts=self.child
        )
        for feature in _FEATURES:
            aws.guardduty.DetectorFeature(
                feature.lower().replace("_", "-"),
                detector_id=detector.id,
                name=feature,
                status="ENABLED",
                opts=self.child,
            )
        aws.guardduty.DetectorFeature(
            "runtime-monitoring",
            detector_id=detector.id,
            name="RUNTIME_MONITORING",
            status="ENABLED",
            additional_configurations=[
                aws.guardduty.DetectorFeatureAdditionalConfigurationArgs(name=agent, status=status)
                for agent, status in _AGENTS
            ],
            opts=self.child,
        )
        return detector

    def _security_hub(self, region: str) -> None:
        hub = aws.securityhub.Account(
            "hub",
            enable_default_standards=False,
            auto_enable_controls=True,
            control_finding_generator="SECURITY_CONTROL",
            opts=self.child,
        )
        for name, standard in _STANDARDS.items():
            aws.securityhub.StandardsSubscription(
                name, standards_arn=f"arn:aws:securityhub:{region}::standards/{standard}", opts=self.after(hub)
            )
