from __future__ import annotations


def test_notification_configuration_includes_eventbridge(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="announced")
    s3.put_bucket_notification_configuration(
        Bucket="announced", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="announced")


def test_notification_configuration_without_targets_is_empty(client):
    client("s3").create_bucket(Bucket="silent")
    assert "EventBridgeConfiguration" not in client("s3").get_bucket_notification_configuration(Bucket="silent")
