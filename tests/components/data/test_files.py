"""D4: shared files."""

from __future__ import annotations

import json

from blueprint import Blueprint

FILES = "aws:efs/fileSystem:FileSystem"
REPLICATION = "aws:efs/replicationConfiguration:ReplicationConfiguration"


def test_files_are_encrypted_and_protected(stack: Blueprint) -> None:
    files = stack.one(FILES, "files")
    assert files.properties["encrypted"] is True
    assert "::database#arn" in files.properties["kmsKeyId"]
    assert files.options["protect"] is True


def test_every_zone_has_a_mount_target_before_it_is_needed(stack: Blueprint) -> None:
    targets = stack.of_type("aws:efs/mountTarget:MountTarget")
    assert len(targets) == 3
    for target in targets:
        assert "::data-" in target.properties["subnetId"]
        assert "::file-system#id" in target.properties["securityGroups"][0]


def test_prometheus_and_grafana_each_have_a_folder_and_a_user(stack: Blueprint) -> None:
    points = {p.name: p.properties for p in stack.of_type("aws:efs/accessPoint:AccessPoint")}
    assert set(points) == {"prometheus", "grafana"}
    for name, point in points.items():
        assert point["rootDirectory"]["path"] == f"/{name}"
        assert point["posixUser"]["uid"] != 0


def test_files_are_mounted_over_tls_and_with_iam_only(stack: Blueprint) -> None:
    policy = json.loads(stack.one("aws:efs/fileSystemPolicy:FileSystemPolicy", "files").properties["policy"])
    allow, deny = policy["Statement"]
    assert allow["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert "elasticfilesystem:ClientRootAccess" not in allow["Action"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_side_that_is_written_to_is_backed_up(primary: Blueprint, dr: Blueprint, dr_active: Blueprint) -> None:
    status = [
        stack.one("aws:efs/backupPolicy:BackupPolicy", "files").properties["backupPolicy"]["status"]
        for stack in (primary, dr, dr_active)
    ]
    assert status == ["ENABLED", "DISABLED", "ENABLED"]


def test_the_recovery_region_has_the_files_replicated_into_its_own_file_system(
    dr: Blueprint, dr_active: Blueprint
) -> None:
    replication = dr.one(REPLICATION, "files")
    assert "outputs.fileSystemId" in replication.properties["sourceFileSystemId"]
    assert "fileSystem:FileSystem::files#id" in replication.properties["destination"]["fileSystemId"]
    assert replication.options == {"retainOnDelete": True}
    assert (replication.provider or "").endswith("primary-side")
    assert not dr_active.of_type(REPLICATION)


def test_only_the_destination_may_be_overwritten_by_a_replication(primary: Blueprint, dr: Blueprint) -> None:
    assert primary.one(FILES, "files").properties["protection"] == {"replicationOverwrite": "ENABLED"}
    assert dr.one(FILES, "files").properties["protection"] == {"replicationOverwrite": "DISABLED"}
    assert dr.one(FILES, "files").options["ignoreChanges"] == ["protection"], "EFS turns it to REPLICATING"
