"""Tasks, images, pipelines and builds at the edges of what their rules allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.small import compared, refused

Json = dict[str, Any]
_OTHER = {"name": "sidecar", "image": "registry.example/side:1.2", "privileged": False}


def _task(*containers: Json, **properties: Any) -> tuple[str, str, Json]:
    return t.TASK_DEFINITION, "task", {"containerDefinitions": json.dumps(list(containers)), **properties}


def _container(**properties: Any) -> Json:
    return {"name": "gateway", **properties}


# Tasks


@pytest.mark.parametrize(
    ("rule", "container", "said"),
    [
        ("ecs-not-privileged", {"privileged": True}, "container 'gateway' is privileged"),
        ("ecs-not-privileged", {"privileged": False}, None),
        ("ecs-not-privileged", {}, None),
        (
            "ecs-isolated",
            {"linuxParameters": {"capabilities": {"add": ["sys_admin", "CAP_NET_RAW", "CHOWN"]}}},
            "container 'gateway' adds NET_RAW, SYS_ADMIN",
        ),
        ("ecs-isolated", {"linuxParameters": {"capabilities": {"drop": ["ALL"]}}}, None),
        ("ecs-isolated", {"linuxParameters": {"capabilities": {"add": ["CHOWN"]}}}, None),
        (
            "ecs-isolated",
            {"linuxParameters": {"devices": [{"hostPath": "/dev/mem"}]}},
            "container 'gateway' has the device /dev/mem of the host",
        ),
        ("ecs-isolated", {"linuxParameters": {"devices": []}}, None),
        (
            "ecs-isolated",
            {"dockerSecurityOptions": ["apparmor:unconfined"]},
            "container 'gateway' runs with apparmor:unconfined",
        ),
        ("ecs-isolated", {"dockerSecurityOptions": ["no-new-privileges"]}, None),
        ("ecs-image-fixed", {"image": "engine:latest-slim"}, "container 'gateway' runs latest-slim"),
        ("ecs-image-fixed", {"image": "engine:stable-alpine3.20"}, "container 'gateway' runs stable-alpine3.20"),
        ("ecs-image-fixed", {"image": "engine:alpine"}, "container 'gateway' runs alpine"),
        ("ecs-image-fixed", {"image": "engine:1.4.2-alpine"}, None),
        ("ecs-image-fixed", {"image": "engine:v2026.11"}, None),
        ("ecs-image-fixed", {"image": "engine:4f2a91c"}, None),
        ("ecs-not-root", {}, "container 'gateway' runs as the user that its image sets"),
        ("ecs-not-root", {"user": "root"}, "container 'gateway' runs as root"),
        ("ecs-not-root", {"user": "Root:app"}, "container 'gateway' runs as Root"),
        ("ecs-not-root", {"user": 0}, "container 'gateway' runs as 0"),
        ("ecs-not-root", {"user": "0:1000"}, "container 'gateway' runs as 0"),
        ("ecs-not-root", {"user": "00"}, "container 'gateway' runs as 00"),
        ("ecs-not-root", {"user": "1"}, None),
        ("ecs-not-root", {"user": "10001:10001"}, None),
        ("ecs-not-root", {"user": "app"}, None),
        ("ecs-image-fixed", {"image": "registry.example/engine:1.4.2"}, None),
        ("ecs-image-fixed", {"image": f"registry.example/engine@sha256:{'a' * 64}"}, None),
        ("ecs-image-fixed", {"image": f"registry.example/engine:latest@sha256:{'a' * 64}"}, None),
        (
            "ecs-image-fixed",
            {"image": "registry.example:5000/engine"},
            "container 'gateway' runs an image without a tag",
        ),
        ("ecs-image-fixed", {"image": "engine:Latest"}, "container 'gateway' runs Latest"),
        ("ecs-image-fixed", {"image": "engine:main"}, "container 'gateway' runs main"),
        ("ecs-image-fixed", {"image": "${aws:ecr/repository:Repository::r#repositoryUrl}:2.0"}, None),
        (
            "ecs-image-fixed",
            {"image": "${aws:ecr/repository:Repository::r#repositoryUrl}:stable"},
            "container 'gateway' runs stable",
        ),
        ("ecs-image-fixed", {"image": "${aws:ecr/repository:Repository::r#imageUri}"}, None),
        ("ecs-image-fixed", {}, None),
        ("ecs-read-only-root", {"readonlyRootFilesystem": True}, None),
        ("ecs-read-only-root", {}, "container 'gateway' may write to its root file system"),
        (
            "ecs-read-only-root",
            {"readonlyRootFilesystem": "true"},
            "container 'gateway' may write to its root file system",
        ),
        (
            "ecs-no-secrets-in-environment",
            {"environment": [{"name": "FIX_PASSWORD", "value": "s3nderComp"}]},
            "container 'gateway' has the secret FIX_PASSWORD in its environment",
        ),
        ("ecs-no-secrets-in-environment", {"environment": [{"name": "VENUE", "value": "XNYS"}]}, None),
        ("ecs-no-secrets-in-environment", {"secrets": [{"name": "FIX_PASSWORD", "valueFrom": "arn:x"}]}, None),
        ("ecs-task-logging", {"logConfiguration": {"logDriver": "awslogs"}}, None),
        ("ecs-task-logging", {"logConfiguration": {}}, "container 'gateway' has no log destination"),
        ("ecs-task-logging", {}, "container 'gateway' has no log destination"),
    ],
)
def test_a_container_of_a_task(rule: str, container: Json, said: str | None) -> None:
    """One container breaks the rule, its neighbour does not, and the message names the one."""
    neighbour = {
        **_OTHER,
        "user": "1000",
        "readonlyRootFilesystem": True,
        "logConfiguration": {"logDriver": "awslogs"},
    }
    assert refused(rule, _task(_container(**container), neighbour)) == ([said] if said else [])
    assert refused(rule, _task(neighbour, _container(**container))) == ([said] if said else [])


def test_each_container_is_judged() -> None:
    """One that names no image, or names it by a digest, does not end the judgement."""
    digest = {"name": "side", "image": f"registry.example/side@sha256:{'a' * 64}"}
    moving = {"name": "gateway", "image": "engine:latest"}
    for first in (digest, {"name": "side"}):
        assert refused("ecs-image-fixed", _task(first, moving)) == ["container 'gateway' runs latest"]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (None, 0),
        ([], 0),
        ([{"filter": "desk/"}], 0),
        ([{"filter": "other/"}], 1),
        ([{"filter": "other/"}, {"filter": "desk/eng"}], 0),
        ([{}], 0),
    ],
)
def test_images_are_replicated_by_a_filter_that_fits(filters: Any, count: int) -> None:
    """A rule without filters replicates every repository; one for another region does not count."""
    repository = (t.ECR_REPOSITORY, "r", {"name": "desk/engine"})
    said = [("r", "desk/engine is not replicated to us-west-2")]

    def replication(region: str) -> tuple[str, str, Json]:
        rule = {"destinations": [{"region": "eu-west-1"}, {"region": region}], "repositoryFilters": filters}
        return t.ECR_REPLICATION, "x", {"replicationConfiguration": {"rules": [{"destinations": []}, rule]}}

    assert compared("ecr-replicated", [repository, replication("us-west-2")], []) == said * count
    assert compared("ecr-replicated", [repository], [replication("us-west-2")]) == said * count
    assert compared("ecr-replicated", [repository, replication("us-east-2")], []) == said
    assert compared("ecr-replicated", [repository], []) == said
    assert compared("ecr-replicated", [repository], [], standing_by=False) == []


def test_windows_has_no_root() -> None:
    """The user of a Windows container is not judged."""
    for family, count in (("WINDOWS_SERVER_2022_CORE", 0), ("windows_server_2019_full", 0), ("LINUX", 1)):
        task = _task(_container(), runtimePlatform={"operatingSystemFamily": family})
        assert len(refused("ecs-not-root", task)) == count


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"networkMode": "host"}, ["shares the host's network"]),
        ({"pidMode": "host", "ipcMode": "host"}, ["shares the host's pid", "shares the host's ipc"]),
        ({"networkMode": "awsvpc", "pidMode": "task"}, []),
        ({"volumes": [{"name": "s", "hostPath": "/var/run/docker.sock"}]}, ["mounts /var/run/docker.sock of the host"]),
        ({"volumes": [{"name": "s", "host": {"sourcePath": "/proc"}}]}, ["mounts /proc of the host"]),
        ({"volumes": [{"name": "s", "hostPath": "/opt/feeds/a"}]}, []),
        ({"volumes": [{"name": "scratch"}]}, []),
    ],
)
def test_a_task_is_isolated_from_its_host(properties: Json, said: list[str]) -> None:
    """Modes of the host and its paths; the parameter names paths that may be mounted."""
    assert refused("ecs-isolated", _task(_container(), **properties), paths=["/opt/feeds/*"]) == said


@pytest.mark.parametrize(
    ("configuration", "count"),
    [
        ({"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}, 0),
        ([{"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}], 0),
        ({"fileSystemId": "fs-1", "transitEncryption": "DISABLED"}, 1),
        ([{"fileSystemId": "fs-1"}], 1),
        ([], 0),
        (None, 0),
    ],
)
def test_a_volume_of_efs_is_mounted_with_tls(configuration: Any, count: int) -> None:
    """As a block or as a list of one; volumes of other kinds are left out."""
    task = _task(_container(), volumes=[{"name": "v", "efsVolumeConfiguration": configuration}])
    assert refused("ecs-volume-tls", task) == ["volume 'v' is mounted without TLS"] * count


# Images


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"imageTagMutability": "IMMUTABLE"}, []),
        ({"imageTagMutability": "MUTABLE"}, ["its tags are mutable"]),
        ({}, ["its tags are mutable"]),
        (
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filter": "dev*"}, {"filter": "test*"}],
            },
            ["its tags are mutable where dev*, test* fits"],
        ),
        ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, ["its tags are mutable where a filter fits"]),
    ],
)
def test_tags_of_images_do_not_move(properties: Json, said: list[str]) -> None:
    """An exclusion lets the tags move that its filter matches."""
    assert refused("ecr-immutable", (t.ECR_REPOSITORY, "r", properties)) == said


@pytest.mark.parametrize(
    ("repository", "rules", "count"),
    [
        ({"imageScanningConfiguration": {"scanOnPush": True}}, [], 0),
        ({"imageScanningConfiguration": {"scanOnPush": False}}, [], 1),
        ({}, [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*"}]}], 0),
        ({}, [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "engine"}]}], 0),
        ({}, [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "risk"}]}], 1),
        ({}, [{"scanFrequency": "MANUAL", "repositoryFilters": [{"filter": "*"}]}], 1),
        ({}, [{"scanFrequency": "SCAN_ON_PUSH"}], 1),
    ],
)
def test_images_are_scanned_by_the_repository_or_the_registry(repository: Json, rules: Any, count: int) -> None:
    """A rule of the registry must match the name, and scan without being asked."""
    entries = [(t.ECR_REPOSITORY, "r", {"name": "desk/engine", **repository})]
    entries += [(t.ECR_SCANNING, "s", {"scanType": "ENHANCED", "rules": rules})] if rules else []
    assert len(refused("ecr-scanned", *entries)) == count


# Pipelines


def _pipeline(*stages: list[Json]) -> tuple[str, str, Json]:
    named = [{"name": f"stage{index}", "actions": actions} for index, actions in enumerate(stages)]
    return t.PIPELINE, "p", {"stages": named}


def _action(category: str, order: int | None = None, provider: str | None = None, **properties: Any) -> Json:
    given = {"category": category, "runOrder": order, "provider": provider, **properties}
    return {name: value for name, value in given.items() if value is not None}


def _build(project: str, category: str = "Test") -> Json:
    return _action(category, provider="CodeBuild", configuration={"ProjectName": project})


_APPROVAL, _DEPLOY = _action("Approval"), _action("Deploy")
_MAKES = _action("Build", outputArtifacts=["out"])


@pytest.mark.parametrize(
    ("stages", "stage"),
    [
        ([[_MAKES], [_APPROVAL], [_DEPLOY]], None),
        ([[_MAKES], [_DEPLOY], [_APPROVAL]], "stage1"),
        ([[_DEPLOY]], "stage0"),
        ([[_action("Approval", 2), _action("Deploy", 1)]], "stage0"),
        ([[_action("Deploy", 2), _action("Approval", 1)]], None),
        ([[_action("Deploy", 2), _action("Approval")]], None),
        ([[_action("Deploy", 1), _action("Approval")]], "stage0"),
        ([[_action("Invoke")], [_APPROVAL]], "stage0"),
        ([[_action("Compute")], [_APPROVAL]], "stage0"),
        ([[_action("Build")], [_APPROVAL]], "stage0"),
        ([[_MAKES], [_action("Source")]], None),
        ([[_build("check")], [_APPROVAL], [_DEPLOY]], None),
        ([[_build("deploy")], [_APPROVAL]], "stage0"),
        ([[_build("desk-deploy-dr")], [_APPROVAL]], "stage0"),
        ([[_build("redeployment")], [_APPROVAL]], None),
        ([[_action("Test", provider="Custom")], [_APPROVAL]], "stage0"),
        ([[_action("Test", provider="DeviceFarm")], [_APPROVAL]], None),
        ([[_action("Test")], [_APPROVAL]], None),
        ([[_build("rollout")], [_APPROVAL], [_build("rollout", "Build")]], "stage0"),
        ([[_build("rollout")], [_APPROVAL], [_build("other", "Build")]], None),
    ],
)
def test_an_approval_comes_before_the_first_deployment(stages: list[list[Json]], stage: str | None) -> None:
    """By stage and run order; a Test action of a project that deploys elsewhere is a deployment."""
    said = refused("pipeline-approval", _pipeline(*stages))
    assert said == ([f"stage {stage!r} deploys without approval"] if stage else [])


_KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ((t.PIPELINE, "p", {"artifactStores": [{"encryptionKey": {"id": _KEY, "type": "KMS"}}]}), []),
        ((t.PIPELINE, "p", {"artifactStores": []}), ["has no artifact store"]),
        ((t.PIPELINE, "p", {"artifactStores": [{}]}), ["artifactStores names no key, so AWS's own is used"]),
        ((t.BUILD_PROJECT, "b", {"encryptionKey": _KEY}), []),
        ((t.BUILD_PROJECT, "b", {}), ["encryptionKey names no key, so AWS's own is used"]),
        (
            (t.BUILD_PROJECT, "b", {"encryptionKey": "alias/aws/s3"}),
            ["encryptionKey = 'alias/aws/s3' is no customer-managed key"],
        ),
    ],
)
def test_artifacts_are_encrypted(entry: Any, said: list[str]) -> None:
    """Stores of a pipeline and outputs of a build."""
    assert refused("pipeline-encrypted", entry) == said


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ([{"name": "NPM_TOKEN", "value": "hunter2x"}], ["has the secret NPM_TOKEN in plain text"]),
        (
            [{"name": "NPM_TOKEN", "value": "hunter2x", "type": "PLAINTEXT"}],
            ["has the secret NPM_TOKEN in plain text"],
        ),
        ([{"name": "NPM_TOKEN", "value": "desk/npm", "type": "SECRETS_MANAGER"}], []),
        ([{"name": "STAGE", "value": "dr"}], []),
    ],
)
def test_variables_of_builds_and_pipelines_are_no_secrets(variables: list[Json], said: list[str]) -> None:
    """Of the project, and of an action that gives its own."""
    project = (t.BUILD_PROJECT, "b", {"environment": {"environmentVariables": variables}})
    assert refused("build-no-plaintext-secrets", project) == said
    action = {"configuration": {"ProjectName": "x", "EnvironmentVariables": json.dumps(variables)}}
    assert refused("build-no-plaintext-secrets", _pipeline([_MAKES], [action])) == said


def test_the_configuration_of_an_action_is_no_secret() -> None:
    """Such as a token of the source."""
    action = {"configuration": {"Owner": "desk", "OAuthToken": "hunter2x"}}
    assert refused("build-no-plaintext-secrets", _pipeline([action])) == ["has the secret OAuthToken in plain text"]


@pytest.mark.parametrize(("name", "count"), [("images", 0), ("engine", 1), (None, 1)])
def test_a_privileged_build_is_named(name: str | None, count: int) -> None:
    """The parameter names projects that may be; one without a name is judged by its logical name."""
    project = (t.BUILD_PROJECT, "b", {"name": name, "environment": {"privilegedMode": True}})
    assert len(refused("build-not-privileged", project, allowed=["images"])) == count
    assert refused("build-not-privileged", (t.BUILD_PROJECT, "b", {"environment": {}})) == []


@pytest.mark.parametrize(
    ("logs", "count"),
    [
        ({}, 0),
        ({"cloudwatchLogs": {"status": "ENABLED"}}, 0),
        ({"cloudwatchLogs": {"status": "DISABLED"}}, 1),
        ({"cloudwatchLogs": {"status": "DISABLED"}, "s3Logs": {"status": "ENABLED"}}, 0),
        ({"cloudwatchLogs": {"status": "DISABLED"}, "s3Logs": {"status": "DISABLED"}}, 1),
    ],
)
def test_a_build_logs_somewhere(logs: Json, count: int) -> None:
    """CloudWatch by default, or S3."""
    assert refused("build-logged", (t.BUILD_PROJECT, "b", {"logsConfig": logs})) == ["has no log destination"] * count
