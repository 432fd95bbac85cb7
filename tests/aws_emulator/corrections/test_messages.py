from __future__ import annotations

import json


def test_a_stream_keeps_the_tags_it_was_created_with(client):
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="tagged", ShardCount=1, Tags={"Layer": "events"})
    assert kinesis.list_tags_for_stream(StreamName="tagged")["Tags"] == [{"Key": "Layer", "Value": "events"}]


def _queue(client, name, **attributes):
    url = client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def test_a_redrive_policy_is_returned_without_white_space(client):
    _, dead_letters = _queue(client, "redrive-dlq")
    policy = json.dumps({"deadLetterTargetArn": dead_letters, "maxReceiveCount": 5}, separators=(",", ":"))
    url, _ = _queue(client, "redrive", RedrivePolicy=policy)
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    assert answer["Attributes"]["RedrivePolicy"] == policy


def test_a_dead_letter_queue_keeps_its_redrive_allow_policy(client):
    url, _ = _queue(client, "allow-dlq")
    allowed = json.dumps({"redrivePermission": "denyAll"}, separators=(",", ":"))
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": allowed})
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedriveAllowPolicy"])
    assert answer["Attributes"]["RedriveAllowPolicy"] == allowed
    assert (
        client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["RedriveAllowPolicy"]
        == allowed
    )


def test_a_redrive_allow_policy_can_be_removed(client):
    url, _ = _queue(client, "taken-back", RedriveAllowPolicy='{"redrivePermission":"denyAll"}')
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": ""})
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedriveAllowPolicy"])
    assert "RedriveAllowPolicy" not in answer.get("Attributes", {})


def test_setting_one_attribute_of_a_queue_keeps_its_policy(client):
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}],
        }
    )
    url, _ = _queue(client, "keeps-policy", Policy=policy)
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    assert answer["Attributes"]["Policy"] == policy


def test_a_state_machine_definition_is_validated(client):
    sfn = client("stepfunctions")
    good = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    assert sfn.validate_state_machine_definition(definition=good)["result"] == "OK"
    refused = sfn.validate_state_machine_definition(definition='{"States": {"A": {"Type": "Nothing"}}}')
    assert refused["result"] == "FAIL"
    assert refused["diagnostics"], "what is wrong is said"


def test_versions_of_a_state_machine_are_listed(client):
    sfn = client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    role = "arn:aws:iam::123456789012:role/settle"
    machine = sfn.create_state_machine(name="versions", definition=definition, roleArn=role, publish=True)
    versions = sfn.list_state_machine_versions(stateMachineArn=machine["stateMachineArn"])["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in versions] == [machine["stateMachineVersionArn"]]


def test_a_build_project_of_a_pipeline_has_no_location_and_keeps_its_key(client):
    project = client("codebuild").create_project(
        name="build",
        source={"type": "CODEPIPELINE", "buildspec": "buildspec.yml"},
        artifacts={"type": "CODEPIPELINE"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/build",
        encryptionKey="arn:aws:kms:us-east-1:123456789012:key/artifacts",
        concurrentBuildLimit=1,
    )["project"]
    assert project["source"]["type"] == "CODEPIPELINE"
    kept = client("codebuild").batch_get_projects(names=["build"])["projects"][0]
    assert kept["concurrentBuildLimit"] == 1, "no two builds of one stack at a time"
    assert kept["encryptionKey"] == "arn:aws:kms:us-east-1:123456789012:key/artifacts"


def test_tags_of_a_scalable_target_are_kept(client):
    client("dynamodb").create_table(
        TableName="scaled",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    scaling = client("application-autoscaling")
    arn = scaling.register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/scaled",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=2,
        Tags={"Layer": "data"},
    )["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"Owner": "desk"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Layer"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Owner": "desk"}


def test_tags_of_a_backup_vault_are_found_by_its_arn(client):
    backup = client("backup")
    vault = backup.create_backup_vault(BackupVaultName="tagged", BackupVaultTags={"Layer": "recovery"})
    assert backup.list_tags(ResourceArn=vault["BackupVaultArn"])["Tags"] == {"Layer": "recovery"}
