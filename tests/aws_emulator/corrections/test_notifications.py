from __future__ import annotations


def test_a_bucket_says_that_it_tells_eventbridge_of_its_objects(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="announced")
    s3.put_bucket_notification_configuration(
        Bucket="announced", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="announced")


def test_a_bucket_that_tells_nobody_says_so(client):
    client("s3").create_bucket(Bucket="silent")
    assert "EventBridgeConfiguration" not in client("s3").get_bucket_notification_configuration(Bucket="silent")
