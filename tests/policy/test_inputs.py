"""Blueprints, previews and exports are judged alike, and each says what it does not show."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from policy.check import evaluate
from policy.command import app
from policy.errors import PolicyInputError
from policy.inputs import loaded
from tests.policy import documents as d

Json = dict[str, Any]
KEY_OFF = {"enableKeyRotation": False, "deletionWindowInDays": 30}


def _broken(document: Json) -> set[tuple[str, str]]:
    report = evaluate([document], selected=["nist-800-53"])
    return {(v.rule.id, v.urn.split("::")[-1]) for v in report.violations}


def _run(*arguments: str, given: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments), input=given)
    return result.exit_code, result.stdout, result.stderr


def test_the_same_stack_has_the_same_violations_in_every_form() -> None:
    keys = [d.blueprint((d.KEY, "k", KEY_OFF)), d.export(d.state(d.KEY, "k", KEY_OFF))]
    keys.append(d.preview(d.state(d.KEY, "k", KEY_OFF)))
    keys.append({"version": 3, "checkpoint": {"latest": keys[1]["deployment"]}})
    for document in keys:
        assert ("key-rotation", "k") in _broken(document)


@pytest.mark.parametrize("op", ["create", "update", "same", "create-replacement", "import", "refresh"])
def test_a_preview_is_judged_by_the_planned_state(op: str) -> None:
    assert ("key-rotation", "k") in _broken(d.preview(d.state(d.KEY, "k", KEY_OFF), op=op))


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "discard"])
def test_what_a_preview_deletes_is_not_judged(op: str) -> None:
    document = d.preview(d.state(d.KEY, "kept", KEY_OFF))
    gone = d.state(d.KEY, "gone", KEY_OFF)
    document["steps"].append({"op": op, "urn": gone["urn"], "oldState": gone, "newState": gone})
    assert ("key-rotation", "kept") in _broken(document)
    assert ("key-rotation", "gone") not in _broken(document)


def test_what_an_export_is_about_to_delete_is_not_judged() -> None:
    document = d.export(d.state(d.KEY, "k", KEY_OFF), d.state(d.KEY, "old", KEY_OFF, delete=True))
    assert ("key-rotation", "old") not in _broken(document)


def test_a_resource_that_the_stack_only_reads_is_no_subject() -> None:
    document = d.export(d.state(d.KEY, "k", KEY_OFF), d.state(d.KEY, "read", KEY_OFF, external=True))
    assert ("key-rotation", "read") not in _broken(document)


def test_the_region_of_a_default_provider_comes_from_the_configuration_of_the_preview() -> None:
    stack = loaded(d.preview(d.state(d.KEY, "k", KEY_OFF)), "x").stack
    assert stack.region == "eu-central-1"
    assert loaded(d.export(d.state(d.KEY, "k", KEY_OFF)), "x").stack.region == "eu-central-1"


@pytest.mark.parametrize(
    "secret",
    [
        {d.SIGNATURE: d.SECRET, "ciphertext": "v1:abc"},
        {d.SIGNATURE: d.SECRET, "value": "[secret]"},
    ],
)
def test_a_secret_of_an_export_is_not_evaluated(secret: Json) -> None:
    document = d.export(d.state(d.KEY, "k", {**KEY_OFF, "enableKeyRotation": secret}))
    report = evaluate([document], selected=["cis-aws-5"])
    assert ("key-rotation", "is secret") in {(n.rule.id, n.reason) for n in report.not_evaluated}
    assert any("1 secret values are not shown: Key.enableKeyRotation" in notice for notice in report.notices)


def test_a_secret_that_is_shown_is_judged() -> None:
    plain = {d.SIGNATURE: d.SECRET, "plaintext": "false"}
    document = d.export(d.state(d.KEY, "k", {**KEY_OFF, "enableKeyRotation": plain}))
    assert ("key-rotation", "k") in _broken(document)


def test_a_masked_secret_and_an_unknown_of_a_preview_are_not_evaluated() -> None:
    for value, reason in (("[secret]", "is secret"), (d.UNKNOWN, "is known only after the update")):
        document = d.preview(d.state(d.KEY, "k", {**KEY_OFF, "enableKeyRotation": value}))
        report = evaluate([document], selected=["cis-aws-5"])
        assert {(n.property, n.reason) for n in report.not_evaluated} == {("enableKeyRotation", reason)}
        assert any("Key.enableKeyRotation" in notice for notice in report.notices)


def test_a_preview_says_that_unchanged_resources_are_missing() -> None:
    report = evaluate([d.preview(d.state(d.KEY, "k", {}), same=12)])
    assert any("12 unchanged resources" in notice and "--show-sames" in notice for notice in report.notices)


def test_resources_of_an_export_are_joined_by_their_dependencies_and_identity() -> None:
    bucket = d.state("aws:s3/bucket:Bucket", "b", {}, id="b-1f2e", outputs={"bucket": "b-1f2e"})
    block = d.state(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "block",
        {
            "bucket": "b-1f2e",
            **dict.fromkeys(
                ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
            ),
        },
    )
    assert ("bucket-public-access-blocked", "b") in _broken(d.export(bucket))
    assert ("bucket-public-access-blocked", "b") not in _broken(d.export(bucket, block))


def test_a_resource_that_stands_as_a_value_is_a_reference() -> None:
    reference = {d.SIGNATURE: d.RESOURCE, "urn": d.urn(d.KEY, "k"), "id": "", "packageVersion": "7.51.1"}
    queue = (d.QUEUE, "q", {"kmsMasterKeyId": reference, "delaySeconds": reference})
    report = evaluate([d.blueprint(queue, (d.KEY, "k", {"enableKeyRotation": True}))])
    assert "queue-encrypted" not in {v.rule.id for v in report.violations}, "the key is found by the reference"
    assert d.SIGNATURE not in json.dumps(report.as_json()), "no signature is printed"


def test_standard_input_and_several_files_are_read(tmp_path: Path) -> None:
    paths = []
    for index in range(3):
        path = tmp_path / f"{index}.json"
        path.write_text(json.dumps(d.blueprint((d.KEY, f"k{index}", KEY_OFF), project=f"p{index}")), encoding="utf-8")
        paths.append(str(path))
    code, out, _ = _run("check", *paths, "--format", "json")
    assert code == 1
    found = {v["urn"].split("::")[-1] for v in json.loads(out)["violations"] if v["rule"] == "key-rotation"}
    assert found == {"k0", "k1", "k2"}
    code, out, _ = _run("check", "-", "--format", "json", given=json.dumps(d.export(d.state(d.KEY, "k", KEY_OFF))))
    assert (code, "key-rotation" in out) == (1, True)
    assert _run("check", "-", "-")[0] == 2


def test_stacks_of_two_projects_are_not_compared_unless_asked() -> None:
    pair = [d.blueprint((d.KEY, "k", {}), project=name) for name in ("one", "two")]
    report = evaluate(pair)
    assert any("parity" in notice for notice in report.notices)
    with pytest.raises(PolicyInputError, match="both inputs are of stack"):
        evaluate(pair, parity=True)
    with pytest.raises(PolicyInputError, match="--parity compares two stacks, not 1"):
        evaluate(pair[:1], parity=True)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"steps": {}}, "holds no resource"),
        ({"steps": {"a": 1}}, "must be a list"),
        ({"steps": [3]}, "steps[0]: is not an object"),
        ({"steps": [{"op": "create", "newState": 3}]}, "steps[0].newState: is not an object"),
        ({"changeSummary": {"create": 1}}, "holds no resource"),
        ({"deployment": None}, "has no list of resources"),
        ({"version": 3, "deployment": {"resources": None}}, "has no list of resources"),
        ({"deployment": {"resources": [{"urn": "x", "type": "y"}]}}, "is no URN"),
        ({"deployment": {"resources": [{"urn": 3}]}}, "urn = 3"),
        ({"deployment": {"resources": [d.state(d.KEY, "k", [3])]}}, "inputs = [3]"),
        ({"stack": "a", "resources": [*d.blueprint((d.KEY, "k", {}))["resources"]] * 2}, "stands twice"),
        ({"stack": "a", "resources": [{**d.blueprint((d.KEY, "k", {}))["resources"][0], "provider": 3}]}, "provider"),
    ],
)
def test_malformed_input_ends_with_one_line(document: Any, named: str, tmp_path: Path) -> None:
    path = tmp_path / "input.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, out, error = _run("check", str(path))
    assert (code, out) == (2, "")
    assert named in error
    assert len(error.strip().splitlines()) == 1
    assert "Traceback" not in error


def test_a_log_of_engine_events_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text('{"sequence":0,"timestamp":1}\n{"sequence":1,"timestamp":2}\n', encoding="utf-8")
    code, _, error = _run("check", str(path))
    assert (code, "log of engine events" in error) == (2, True)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "input.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert _run("check", str(path))[0] == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    assert _run("check", "-")[0] == 2


_KEY_ENTRY = d.blueprint((d.KEY, "k", {}))["resources"][0]
_URN = d.urn(d.KEY, "k")


def _recorded(**fields: Any) -> Json:
    return {"stack": "a", "outputs": {}, "resources": [{**_KEY_ENTRY, **fields}]}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (_recorded(options={"protect": "si"}), f"resources[0] ({_URN}): options.protect = 'si': must be true or false"),
        (_recorded(options={"protect": 1}), f"resources[0] ({_URN}): options.protect = 1: must be true or false"),
        (_recorded(options={"retainOnDelete": "no"}), "options.retainOnDelete = 'no': must be true or false"),
        (_recorded(options={"ignoreChanges": "tags"}), "options.ignoreChanges = 'tags': must be a list"),
        (_recorded(options={"ignoreChanges": [3]}), "options.ignoreChanges = [3]: must be a list of texts"),
        (_recorded(options={"customTimeouts": "5m"}), "options.customTimeouts = '5m': must be an object"),
        (_recorded(options={"deletedWith": []}), "options.deletedWith = []: must be a text"),
        (_recorded(options=["protect"]), f"resources[0] ({_URN}): options = ['protect']: must be an object"),
        (_recorded(external="yes"), f"resources[0] ({_URN}): external = 'yes': must be true or false"),
        (_recorded(custom="true"), f"resources[0] ({_URN}): custom = 'true': must be true or false"),
        (_recorded(properties=[]), f"resources[0] ({_URN}): properties = []: must be an object"),
        (_recorded(parent=3), f"resources[0] ({_URN}): parent = 3: must be a text"),
        (_recorded(name=None), f"resources[0] ({_URN}): name = None: must be a text"),
        ({**_recorded(), "outputs": []}, "outputs = []: must be an object"),
        ({**_recorded(), "resources": [_KEY_ENTRY, _KEY_ENTRY]}, f"resources[1]: urn = '{_URN}': stands twice"),
        (
            d.export(d.state(d.KEY, "k", {}, protect="si")),
            f"deployment.resources[2] ({_URN}): protect = 'si': must be true or false",
        ),
        (d.export(d.state(d.KEY, "k", {}, external="si")), "external = 'si': must be true or false"),
        (d.export(d.state(d.KEY, "k", {}, delete="si")), "delete = 'si': must be true or false"),
        (d.export(d.state(d.KEY, "k", {}, custom=1)), "custom = 1: must be true or false"),
        (d.export(d.state(d.KEY, "k", {}, provider=3)), "provider = 3: must be a text"),
        (
            d.export(d.state(d.KEY, "k", {}, propertyDependencies={"policy": "urn"})),
            "propertyDependencies.policy = 'urn': must be a list",
        ),
        (d.export(*[d.state(d.KEY, "k", {})] * 2), f"deployment.resources[3]: urn = '{_URN}': stands twice"),
        (d.preview(*[d.state(d.KEY, "k", {})] * 2), f"steps[2].newState: urn = '{_URN}': stands twice"),
        (d.preview(d.state(d.KEY, "k", {}, protect="si")), f"steps[1].newState ({_URN}): protect = 'si'"),
    ],
)
def test_a_field_of_another_type_is_named_with_its_resource(document: Any, said: str, tmp_path: Path) -> None:
    """One line with the resource, the key and the value, and exit code 2: no value is read as something else."""
    path = tmp_path / "input.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, out, error = _run("check", str(path))
    assert (code, out) == (2, "")
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_a_replacement_has_several_steps_of_one_resource() -> None:
    """A preview writes the creation, the deletion and the replacement of one URN."""
    entry = d.state(d.KEY, "k", KEY_OFF)
    document = d.preview(entry, op="create-replacement")
    document["steps"] += [{"op": op, "urn": entry["urn"], "newState": entry} for op in ("refresh", "replace", "same")]
    assert ("key-rotation", "k") in _broken(document)
    assert ("key-rotation", "k") in _broken(d.export(entry, {**entry, "delete": True}))


@pytest.mark.parametrize(
    ("document", "ways"),
    [
        ([], ["pulumi preview --json", "pulumi stack export", "blueprint"]),
        ({}, ["pulumi preview --json", "pulumi stack export", "blueprint"]),
        ({"outputs": {"url": "x"}}, ["pulumi preview --json", "pulumi stack export", "blueprint"]),
        ({"steps": {"a": 1}}, ["`pulumi preview --json`"]),
        ({"steps": [{"op": "create", "newState": {"urn": 3}}]}, ["`pulumi preview --json`"]),
        ({"deployment": None}, ["`pulumi stack export`"]),
        ({"deployment": {"resources": [{"urn": 3}]}}, ["`pulumi stack export`"]),
        (d.export(d.state(d.KEY, "k", {}))["deployment"], ["`pulumi stack export`"]),
        ({"stack": "a", "resources": []}, ["record the blueprint anew", "`pulumi preview --json`"]),
        ({"stack": "a", "resources": [{"urn": 3}]}, ["record the blueprint anew", "`pulumi stack export`"]),
    ],
)
def test_a_message_names_the_way_out_that_fits_the_input(document: Any, ways: list[str], tmp_path: Path) -> None:
    """The pack may stand alone: no message names a program of this repository."""
    path = tmp_path / "input.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, out, error = _run("check", str(path))
    assert (code, out) == (2, "")
    assert all(way in error for way in ways)
    assert "python -m blueprint" not in error
    forms = {"`pulumi preview --json`", "`pulumi stack export`"}
    assert len(ways) > 1 or forms - set(ways) == {form for form in forms if form not in error}


def test_no_message_of_the_pack_names_a_program_of_this_repository() -> None:
    """A checkout of the folder alone has neither blueprints nor the documents of this repository."""
    folder = Path(__file__).resolve().parents[2] / "policy"
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "python -m blueprint" not in text, path
        if path.name not in ("markdown.py", "command.py"):
            assert "docs/" not in text, path
