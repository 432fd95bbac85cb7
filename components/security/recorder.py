"""AWS Config: the recorder of resource history, and rules."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.config_rules import RECOVERY_PACK, RULES, conformance_template
from components.security.log_bucket import CONFIG, LogBuckets
from components.settings import Settings

# Days: the longest retention of Config's history (Config API Reference, RetentionConfiguration).
_LONGEST_HISTORY = 2557


@dataclass(frozen=True)
class ConfigArgs:
    """`role` is the ARN of Config's service-linked role, the only role that FSBP Config.1 accepts; `key_arn` is the key
    of the class LOGS."""

    settings: Settings
    role: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    buckets: LogBuckets


class Config(Layer):
    """Recorder of all resource types. Only the primary records IAM types, which are global, because each recorder of
    them costs money. `configGlobalInBothRegions` records them in both regions, so that the recovery region's history is
    complete without the primary's. If the account's landing zone has a recorder, only the rules are declared."""

    def __init__(self, name: str, args: ConfigArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Config", name, opts)
        self._args = args
        recording: list[pulumi.Resource] = [self._record()] if args.settings.security.account_baseline else []
        after = self.after(*recording)
        for rule in RULES:
            aws.cfg.Rule(
                rule.name,
                name=args.settings.name(rule.name),
                source=aws.cfg.RuleSourceArgs(owner="AWS", source_identifier=rule.identifier),
                input_parameters=json.dumps(rule.parameters) if rule.parameters else None,
                opts=after,
            )
        self.pack = aws.cfg.ConformancePack(
            "recovery",
            name=args.settings.name("recovery"),
            template_body=conformance_template(RECOVERY_PACK),
            opts=after,
        )
        self.register_outputs({"pack": self.pack.arn})

    def _record(self) -> aws.cfg.RecorderStatus:
        settings = self._args.settings
        name = settings.name("recorder")
        recorder = aws.cfg.Recorder(
            "recorder",
            name=name,
            role_arn=self._args.role,
            recording_group=aws.cfg.RecorderRecordingGroupArgs(
                all_supported=True,
                include_global_resource_types=settings.is_primary or settings.security.config_global_in_both_regions,
            ),
            opts=self.child,
        )
        channel = aws.cfg.DeliveryChannel(
            "recorder",
            name=name,
            s3_bucket_name=self._args.buckets.logs.bucket.id,
            s3_key_prefix=CONFIG,
            s3_kms_key_arn=self._args.key_arn,
            snapshot_delivery_properties=aws.cfg.DeliveryChannelSnapshotDeliveryPropertiesArgs(
                delivery_frequency="TwentyFour_Hours"
            ),
            opts=self.after(recorder, *self._args.buckets.logs.ready),
        )
        aws.cfg.RetentionConfiguration(
            "recorder",
            retention_period_in_days=min(settings.security.trail_retention_days, _LONGEST_HISTORY),
            opts=self.after(recorder),
        )
        return aws.cfg.RecorderStatus("recorder", name=recorder.name, is_enabled=True, opts=self.after(channel))
