"""Firehose delivery of records into a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.events.access import arn
from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings

_BY_TIME = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"
_Processor = aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorArgsDict
_BY_VENUE = "venue=!{partitionKeyFromQuery:venue}/"


@dataclass(frozen=True)
class DeliveryArgs:
    """`archive_bucket_arn` is the target bucket; the keys are those of the classes RECORDS (objects), STREAMS (records
    in transit) and LOGS. `source` is a stream, or None for records that are put directly.

    `venue_query` is the jq expression of a record's venue, or None if objects are partitioned by time alone.
    """

    settings: Settings
    archive_bucket_arn: pulumi.Input[str]
    archive_key_arn: pulumi.Input[str]
    stream_key_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    source: aws.kinesis.Stream | None = None
    venue_query: str | None = None


class Delivery(Layer):
    """One object for each minute (and venue), compressed and encrypted with the bucket's key. Records that cannot be
    partitioned or delivered are stored unchanged under `errors/`."""

    stream: aws.kinesis.FirehoseDeliveryStream
    reads_stream: bool
    """True if the source is a Kinesis data stream, False if producers put records directly."""

    def __init__(self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Delivery", name, opts)
        self._args = args
        self._name = name
        self.reads_stream = args.source is not None
        self._physical = args.settings.name(name)
        self._log_stream = self._logs()
        self._role = aws.iam.Role(
            name,
            name=self._physical,
            assume_role_policy=trust_of_service("firehose.amazonaws.com", args.settings.general.account_id),
            opts=self.child,
        )
        policy = aws.iam.RolePolicy(
            name, name="deliver", role=self._role.name, policy=policy_document(*self._statements()), opts=self.child
        )
        self.stream = self._delivery_stream(policy)
        self.register_outputs({"arn": self.stream.arn})

    def _delivery_stream(self, policy: aws.iam.RolePolicy) -> aws.kinesis.FirehoseDeliveryStream:
        source: dict[str, Any] = (
            {
                "kinesis_source_configuration": {
                    "kinesis_stream_arn": self._args.source.arn,
                    "role_arn": self._role.arn,
                }
            }
            if self._args.source
            # A source stream has its own encryption; records that are put directly are encrypted only on request.
            else {
                "server_side_encryption": {
                    "enabled": True,
                    "key_type": "CUSTOMER_MANAGED_CMK",
                    "key_arn": self._args.stream_key_arn,
                }
            }
        )
        return aws.kinesis.FirehoseDeliveryStream(
            self._name,
            name=self._physical,
            destination="extended_s3",
            extended_s3_configuration=self._destination(),
            # Firehose checks at creation that the role can read the source.
            opts=self.after(policy),
            **source,
        )

    def _destination(self) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationArgsDict:
        streams = self._args.settings.streams
        destination: aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationArgsDict = {
            "role_arn": self._role.arn,
            "bucket_arn": self._args.archive_bucket_arn,
            "kms_key_arn": self._args.archive_key_arn,
            "compression_format": "GZIP",
            "buffering_interval": streams.archive_buffer_seconds,
            "buffering_size": streams.archive_buffer_megabytes,
            "prefix": f"{self._name}/{_BY_VENUE if self._args.venue_query else ''}{_BY_TIME}",
            "error_output_prefix": f"errors/{self._name}/!{{firehose:error-output-type}}/{_BY_TIME}",
            "processing_configuration": {"enabled": True, "processors": self._processors()},
            "cloudwatch_logging_options": {
                "enabled": True,
                "log_group_name": self._log_stream.log_group_name,
                "log_stream_name": self._log_stream.name,
            },
        }
        if self._args.venue_query:
            destination["dynamic_partitioning_configuration"] = {"enabled": True}
        return destination

    def _processors(self) -> list[_Processor]:
        # One record a line, so that readers can split the objects.
        lines: _Processor = {
            "type": "AppendDelimiterToRecord",
            "parameters": [{"parameter_name": "Delimiter", "parameter_value": "\\n"}],
        }
        if not self._args.venue_query:
            return [lines]
        venue: _Processor = {
            "type": "MetadataExtraction",
            "parameters": [
                {"parameter_name": "JsonParsingEngine", "parameter_value": "JQ-1.6"},
                # A partition key must not be empty; a record without a venue is archived under "none".
                {
                    "parameter_name": "MetadataExtractionQuery",
                    "parameter_value": f'{{venue: ({self._args.venue_query} // "none")}}',
                },
            ],
        }
        return [venue, lines]

    def _logs(self) -> aws.cloudwatch.LogStream:
        group = aws.cloudwatch.LogGroup(
            self._name,
            name=f"/aws/kinesisfirehose/{self._physical}",
            kms_key_id=self._args.log_key_arn,
            retention_in_days=self._args.settings.streams.event_log_retention_days,
            opts=self.child,
        )
        return aws.cloudwatch.LogStream(self._name, name="s3", log_group_name=group.name, opts=self.child)

    def _statements(self) -> list[Statement]:
        """Firehose Developer Guide, "Grant Firehose access to an Amazon S3 destination"."""
        args, region = self._args, self._args.settings.region.name
        group = self._log_stream.log_group_name
        statements = [
            Statement(
                "FindBucket",
                ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                [args.archive_bucket_arn],
            ),
            Statement(
                "WriteObjects",
                ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                [
                    pulumi.Output.concat(args.archive_bucket_arn, f"/{self._name}/*"),
                    pulumi.Output.concat(args.archive_bucket_arn, f"/errors/{self._name}/*"),
                ],
            ),
            _through("EncryptObjects", ["kms:Decrypt", "kms:GenerateDataKey"], args.archive_key_arn, f"s3.{region}"),
            Statement(
                "WriteLogs",
                ["logs:PutLogEvents"],
                [pulumi.Output.concat(arn(args.settings, "logs", "log-group:"), group, ":log-stream:*")],
            ),
        ]
        if args.source:
            statements += [
                Statement(
                    "ReadStream",
                    [
                        "kinesis:DescribeStream",
                        "kinesis:DescribeStreamSummary",
                        "kinesis:GetRecords",
                        "kinesis:GetShardIterator",
                        "kinesis:ListShards",
                    ],
                    [args.source.arn],
                ),
                _through("DecryptStream", ["kms:Decrypt"], args.stream_key_arn, f"kinesis.{region}"),
            ]
        return statements


def _through(sid: str, actions: list[str], key_arn: pulumi.Input[str], service: str) -> Statement:
    """Allow the use of a key through one service only."""
    return Statement(
        sid, actions, [key_arn], conditions={"StringEquals": {"kms:ViaService": f"{service}.amazonaws.com"}}
    )
