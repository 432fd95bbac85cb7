"""The archive of what flows."""

from __future__ import annotations

import json

import pytest

from blueprint import Blueprint, Resource, record_primary

FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
ARCHIVES = {"orders-archive": "trades", "market-data-archive": "market-data", "events-archive": "audit"}


def destination(delivery: Resource) -> dict:
    return delivery.properties["extendedS3Configuration"]


def test_orders_market_data_and_events_are_archived_each_in_the_bucket_of_its_records(stack: Blueprint):
    deliveries = {delivery.name: delivery for delivery in stack.of_type(FIREHOSE)}
    assert set(deliveries) == set(ARCHIVES)
    for name, record_class in ARCHIVES.items():
        assert f"::{record_class}#arn" in destination(deliveries[name])["bucketArn"]


def test_objects_are_compressed_and_encrypted_with_the_key_of_records(stack: Blueprint):
    for delivery in stack.of_type(FIREHOSE):
        assert destination(delivery)["compressionFormat"] == "GZIP"
        assert "::records#arn" in destination(delivery)["kmsKeyArn"]


def test_what_is_put_directly_is_encrypted_on_its_way_and_a_stream_brings_its_own_encryption(stack: Blueprint):
    for delivery in stack.of_type(FIREHOSE):
        encryption = delivery.properties.get("serverSideEncryption")
        if "kinesisSourceConfiguration" in delivery.properties:
            assert encryption is None, "Firehose refuses server-side encryption of a stream source"
        else:
            assert encryption["keyType"] == "CUSTOMER_MANAGED_CMK"
            assert "::streams#arn" in encryption["keyArn"]


def test_objects_are_partitioned_by_venue_and_hour(stack: Blueprint):
    for delivery in stack.of_type(FIREHOSE):
        prefix = destination(delivery)["prefix"]
        assert prefix.startswith(f"{delivery.name}/venue=!{{partitionKeyFromQuery:venue}}/year=!{{timestamp:yyyy}}/")
        assert prefix.endswith("hour=!{timestamp:HH}/")
        assert destination(delivery)["dynamicPartitioningConfiguration"] == {"enabled": True}
        assert destination(delivery)["bufferingSize"] >= 64, "dynamic partitioning needs 64 MB at least"


def test_partitions_are_by_time_alone_where_records_are_no_json():
    for delivery in record_primary({"archiveByVenue": False}).of_type(FIREHOSE):
        assert destination(delivery)["prefix"].startswith(f"{delivery.name}/year=")
        assert "dynamicPartitioningConfiguration" not in destination(delivery)
        processors = destination(delivery)["processingConfiguration"]["processors"]
        assert [processor["type"] for processor in processors] == ["AppendDelimiterToRecord"]


def test_a_record_without_a_venue_is_archived_all_the_same(stack: Blueprint):
    for delivery in stack.of_type(FIREHOSE):
        venue, lines = destination(delivery)["processingConfiguration"]["processors"]
        parameters = {item["parameterName"]: item["parameterValue"] for item in venue["parameters"]}
        assert '// "none"' in parameters["MetadataExtractionQuery"]
        assert lines["type"] == "AppendDelimiterToRecord", "one record is one line"


def test_what_cannot_be_delivered_is_kept_apart_by_reason(stack: Blueprint):
    for delivery in stack.of_type(FIREHOSE):
        prefix = destination(delivery)["errorOutputPrefix"]
        assert prefix.startswith(f"errors/{delivery.name}/!{{firehose:error-output-type}}/")
        assert "partitionKey" not in prefix, "an error has no partition key"


def test_failures_are_logged_encrypted(stack: Blueprint):
    for delivery in stack.of_type(FIREHOSE):
        assert destination(delivery)["cloudwatchLoggingOptions"]["enabled"]
        group = stack.one("aws:cloudwatch/logGroup:LogGroup", delivery.name)
        assert "::logs#arn" in group.properties["kmsKeyId"]
        assert group.properties["retentionInDays"] >= 90


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_delivery_can_write_its_own_prefix_and_nothing_else(stack: Blueprint, name: str):
    policy = json.loads(stack.one("aws:iam/rolePolicy:RolePolicy", name).properties["policy"])
    statements = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert all(statement["Resource"] != "*" for statement in statements.values())
    assert all(resource.endswith(f"/{name}/*") for resource in statements["WriteObjects"]["Resource"])
    assert statements["EncryptObjects"]["Condition"]["StringEquals"]["kms:ViaService"].startswith("s3.")
    assert ("ReadStream" in statements) == (name != "events-archive")


def test_no_one_elses_delivery_assumes_the_role(stack: Blueprint):
    for name in ARCHIVES:
        role = stack.one("aws:iam/role:Role", name)
        (trust,) = json.loads(role.properties["assumeRolePolicy"])["Statement"]
        assert trust["Principal"] == {"Service": "firehose.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
