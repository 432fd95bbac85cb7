"""Stack files arrive as the engine reads them, or are refused with one line.

The table of texts was compared with `workspace.LoadProjectStackBytes` of pulumi/sdk 3.274.1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from components.settings import PROJECT, Settings, SettingsError, stack_files
from components.settings.engine_yaml import EngineYamlError, Scalar, document, resolved
from components.settings.schema import config_schema, project_file
from tests import random_inputs

SCHEMA = config_schema()
FUZZ = settings(
    max_examples=random_inputs.count(300),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def read_file(text: str | bytes, tmp_path: Path) -> stack_files.StackFile:
    file = tmp_path / "Pulumi.tried.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return stack_files.read(file)


def read(text: str | bytes, tmp_path: Path, **overrides: Any) -> dict[str, Any]:
    return read_file(text, tmp_path).configuration(overrides)


@pytest.mark.parametrize(
    ("written", "handed_on"),
    [
        ("17.10", "17.1"),
        ("17.6", "17.6"),
        ("16:00", "16:00"),
        ("012345670123", "1402433619"),
        ("08", "8"),
        ("0o17", "15"),
        ("0x1F", "31"),
        ("-0b11", "-3"),
        ("1_000", "1000"),
        ("_1", "_1"),
        ("1e3", "1000"),
        ("1e6", "1000000"),
        ("1e21", "1e+21"),
        ("0.0000001", "1e-7"),
        ("+5", "5"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "18446744073709552000"),
        ("yes", "yes"),
        ("On", "On"),
        ("True", "true"),
        ("~", ""),
        ("NULL", ""),
        ("", ""),
        ("1E400", "1E400"),
        ("2026-02-30", "2026-02-30"),
        ("12:30:45", "12:30:45"),
    ],
)
def test_a_plain_scalar_is_what_the_engine_hands_on(written: str, handed_on: str):
    assert Scalar(written, resolved(written), 1).text == handed_on


@pytest.mark.parametrize(
    ("line", "key", "way_out"),
    [
        ("dbEngineVersion: 17.10", "dbEngineVersion = 17.10", "arrives as 17.1; write it in quotes"),
        ("cacheEngineVersion: 8.0", "cacheEngineVersion = 8.0", "arrives as 8; write it in quotes"),
        ("kubernetesVersion: 1.350", "kubernetesVersion = 1.350", "write it in quotes"),
        ("accountId: 012345670123", "accountId = 012345670123", "write it in quotes"),
        ("accountId: 098765432109", "accountId = 098765432109", "write it in quotes"),
        ("deliveryBranch: 2026-11-28", "deliveryBranch = 2026-11-28", "write it in quotes"),
        ("deliveryBranch: 0x10", "deliveryBranch = 0x10", "write it in quotes"),
        ("dbStorageGib: 0500", "dbStorageGib = 0500", "arrives as 320"),
        ("drillEnabled: yes", "drillEnabled = yes", "write true or false"),
        ("drillEnabled: 1", "drillEnabled = 1", "write true or false"),
        ("venues: [1234]", "venues = 1234", "write it in quotes"),
        ("venues: XNYS", "venues = 'XNYS'", "write a YAML list"),
        ("dbName: [trades]", "dbName = ['trades']", "write one value"),
        ("operationsEndpoints: {secure: v1:abc}", "operationsEndpoints = [secret]", "give a value with --set"),
        ("operationsEmails: [{secure: v1:abc}]", "operationsEmails = [secret]", "give a value with --set"),
    ],
)
@pytest.mark.parametrize("namespace", ["trading-platform:", "trading:", "", "trading-platform:config:"])
def test_a_value_that_would_arrive_otherwise_is_refused(
    namespace: str, line: str, key: str, way_out: str, tmp_path: Path
):
    if line == "venues: XNYS" and namespace == "trading:":
        pytest.skip("the engine checks the type of keys of the project's own namespace alone")
    with pytest.raises(SettingsError) as refusal:
        read(f"config:\n  {namespace}{line}\n", tmp_path)
    (message,) = str(refusal.value).splitlines()
    assert f":{key}: " in message
    assert way_out in message
    assert "(Pulumi.tried.yaml, line 2)" in message


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("marketClose: 16:00", "marketClose", "16:00"),
        ("drillTime: 10:30", "drillTime", "10:30"),
        ("dnsZoneId:", "dnsZoneId", ""),
        ("dnsZoneId: ~", "dnsZoneId", ""),
        ("accountId: '012345670123'", "accountId", "012345670123"),
        ("accountId: !!str 012345670123", "accountId", "012345670123"),
        ("dbEngineVersion: 17.6", "dbEngineVersion", "17.6"),
        ("drillEnabled: True", "drillEnabled", "true"),
        ("dbStorageGib: 1_000", "dbStorageGib", "1000"),
        ("venues: [XNYS, 'XNAS']", "venues", ["XNYS", "XNAS"]),
    ],
)
def test_other_values_arrive(line: str, key: str, value: Any, tmp_path: Path):
    assert read(f"config:\n  {line}\n", tmp_path)[f"{PROJECT}:{key}"] == value


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "encryptionsalt: v1:abc\n", "environment: [a/b]\n", "config:\n", "config: ~\n", "config: {}\n"],
)
def test_a_file_without_settings_leaves_the_defaults(text: str, tmp_path: Path):
    assert read(text, tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("environment: [a/b]\n", "a/b"),
        ("environment:\n  - desk/prod\n  - shared\n", "desk/prod, shared"),
        ("environment:\n  imports:\n    - desk/prod: {merge: false}\n", "desk/prod"),
        ("environment: [a/b]\nconfig:\n  dbName: orders\n", "a/b"),
    ],
)
def test_what_an_environment_may_set_is_said_in_one_line(text: str, names: str, tmp_path: Path):
    file = read_file(text, tmp_path)
    line = file.unread("Pulumi.primary.yaml")
    assert f"environment = {names}: " in line
    assert "may come from there" in line
    assert "--set KEY=VALUE" in line
    assert "\n" not in line


def test_settings_that_a_file_defines_as_an_environment_are_read_under_its_own(tmp_path: Path):
    """Pulumi docs, "Pulumi ESC": what stands below `config:` is over what an environment gives."""
    file = read_file(
        "environment:\n  values:\n    pulumiConfig:\n      dbName: ledger\n      venues: [XLON]\n"
        "config:\n  dbName: orders\n",
        tmp_path,
    )
    assert file.configuration() == {f"{PROJECT}:dbName": "orders", f"{PROJECT}:venues": ["XLON"]}
    assert not file.unread("Pulumi.primary.yaml")


@pytest.mark.parametrize("part", ["secretsprovider", "encryptedkey", "encryptionsalt"])
@pytest.mark.parametrize("value", ["[a]", "{a: b}", "[]", "{}"])
def test_a_part_for_the_engine_that_is_not_text_is_refused_as_by_the_engine(part: str, value: str, tmp_path: Path):
    """The engine cannot decode such a file; an empty or a plain value it can."""
    with pytest.raises(SettingsError, match=rf"^Pulumi\.tried\.yaml, line \d+: `{part}` is not text; leave it as"):
        read(f"config: {{}}\n{part}: {value}\n", tmp_path)
    assert read(f"{part}: awskms://alias/x\n", tmp_path) == read(f"{part}:\n", tmp_path) == {}


@pytest.mark.parametrize("text", ["config:\n\tdbName: x\n", "config:\n  dbName:\tx\n", "\tconfig: {}\n"])
def test_a_tab_is_refused_with_its_line_and_its_way_out(text: str, tmp_path: Path):
    with pytest.raises(
        SettingsError, match=r"^Pulumi\.tried\.yaml, line [12]: .*; write spaces in the place of the tab$"
    ):
        read(text, tmp_path)


def test_a_file_of_another_size_is_refused_unread(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"Pulumi\.tried\.yaml: has more than 500 kB"):
        read(b"config:\n  dbName: " + b"x" * 2_000_000, tmp_path)


@pytest.mark.parametrize("value", ["{'fn::secret': x}", "'${aws.account}'", "[{'fn::open::x': {}}]"])
def test_an_expression_of_an_environment_is_refused_by_its_key(value: str, tmp_path: Path):
    text = f"environment:\n  values:\n    pulumiConfig:\n      dbName: {value}\n"
    with pytest.raises(SettingsError, match=f"{PROJECT}:dbName = .*give a value with --set"):
        read(text, tmp_path)
    assert read_file(text, tmp_path).configuration({"dbName": "orders"}) == {f"{PROJECT}:dbName": "orders"}


@pytest.mark.parametrize("line", ["drillEnabled: ''", 'drillEnabled: "\\t"', 'podPorts: ["\\x01"]', "podPorts: ['']"])
def test_a_value_without_visible_text_is_refused_on_one_line(line: str, tmp_path: Path):
    with pytest.raises(SettingsError, match=f"^{PROJECT}:\\w+ = ") as refusal:
        Settings.parse({key.partition(":")[2]: value for key, value in read(f"config:\n  {line}\n", tmp_path).items()})
    (problem,) = refusal.value.problems
    assert problem.isprintable()


def test_the_same_text_below_config_is_text(tmp_path: Path):
    assert read("config:\n  dbName: '${aws.account}'\n", tmp_path) == {f"{PROJECT}:dbName": "${aws.account}"}


@pytest.mark.parametrize(
    "text", ["environment: a/b\n", "environment: [1]\n", "environment:\n  imports: a/b\n", "environment: [[a]]\n"]
)
def test_an_environment_of_another_form_is_refused_by_its_line(text: str, tmp_path: Path):
    with pytest.raises(SettingsError, match=r"Pulumi\.tried\.yaml, line \d"):
        read(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "config:\n\ttrading-platform:role: dr\n",
        "config: [a]\n",
        "config: text\n",
        "- a\n",
        "just text\n",
        "config: {a: 1}\n---\nconfig: {b: 2}\n",
        "config:\n  role: dr\n  role: primary\n",
        "config:\n  role: dr\n  trading-platform:role: dr\n",
        "config:\n  ? [a]\n  : b\n",
        "config:\n  1: b\n",
        "config:\n  a:b:c: d\n",
        "config: &a\n  b: *a\n",
        "config:\n  role: *none\n",
        "config:\n  role: !!binary ZHI=\n",
        'config:\n  role: "\\uD800"\n',
        'config:\n  role: "\\UFFFFFFFF"\n',
        "confg:\n  role: dr\n",
        "%YAML 2.0\n---\nconfig: {}\n",
        "[" * 5000,
        b"\xff\xfe\x00",
        b"config:\n  role: \x00\n",
        b"config:\n  role: \xe9\n",
        "config:\n  role: 'dr\n",
    ],
)
def test_a_file_that_the_engine_would_not_read_ends_with_one_line_that_names_it(text: str | bytes, tmp_path: Path):
    with pytest.raises(SettingsError) as refusal:
        read(text, tmp_path)
    (message,) = str(refusal.value).splitlines()
    assert "Pulumi.tried.yaml" in message


def test_aliases_that_expand_without_end_are_refused(tmp_path: Path):
    levels = "".join(f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(SettingsError, match="more than 100000 values"):
        read(f"config:\n  l0: &l0 [x]\n{levels}", tmp_path)


def test_a_folder_or_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(SettingsError, match="cannot be read"):
        stack_files.read(tmp_path)
    with pytest.raises(SettingsError, match=r"Pulumi\.none\.yaml: cannot be read"):
        stack_files.read(tmp_path / "Pulumi.none.yaml")


def test_merge_keys_and_byte_order_marks_are_read(tmp_path: Path):
    text = "encryptionsalt: v1:abc\nconfig:\n  <<: {role: dr, region: us-west-2}\n  region: us-east-1\n"
    with pytest.raises(EngineYamlError):
        document(b"<<: 3\n")
    assert read(b"\xef\xbb\xbf" + text.encode(), tmp_path) == {
        f"{PROJECT}:role": "dr",
        f"{PROJECT}:region": "us-east-1",
    }


def test_an_override_takes_the_place_of_an_encrypted_value_in_either_namespace(tmp_path: Path):
    text = "config:\n  trading:operationsEndpoints: {secure: v1:abc}\n  trading:venues: [XNYS]\n"
    given_ = {"operationsEndpoints": '["https://pager.mycompany.com/"]', "venues": '["XNAS"]'}
    assert read(text, tmp_path, **given_) == {f"{PROJECT}:{key}": value for key, value in given_.items()}


def test_the_project_file_is_that_of_the_models():
    """`make settings-schema` writes it."""
    assert Path("Pulumi.yaml").read_text(encoding="utf-8") == project_file()


TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
KEYS_OF_KIND = {
    kind: sorted(key for key, declared in SCHEMA.items() if declared["type"] == kind)
    for kind in ("string", "integer", "boolean", "array")
}


def _documented(value: Any) -> str:
    """The documented format: text in quotes, everything else as JSON, which is YAML."""
    return json.dumps(value)


@st.composite
def written_settings(draw: st.DrawFn) -> tuple[str, Any]:
    kind = draw(st.sampled_from(sorted(KEYS_OF_KIND)))
    key = draw(st.sampled_from(KEYS_OF_KIND[kind]))
    if kind == "array":
        of_numbers = SCHEMA[key]["items"]["type"] == "integer"
        return key, draw(st.lists(st.integers(0, 65535) if of_numbers else TEXT, max_size=4))
    values: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXT,
        "integer": st.integers(-(10**9), 10**9),
        "boolean": st.booleans(),
    }
    return key, draw(values[kind])


@random_inputs.random_inputs
@random_inputs.seeded(20261128)
@FUZZ
@given(setting=written_settings(), namespace=st.sampled_from(["trading-platform:", "trading:", ""]))
@example(setting=("accountId", "012345670123"), namespace="")
def test_every_value_in_the_documented_format_arrives_unchanged(setting: tuple[str, Any], namespace: str):
    key, value = setting
    text = f"config:\n  {namespace}{key}: {_documented(value)}\n"
    found = stack_files.parsed(text.encode(), "Pulumi.tried.yaml").configuration()
    (arrived,) = found.values()
    assert stack_files.as_sent(arrived) == stack_files.as_sent(value)


_MARKS = """config: role trading-platform: trading: [ ] { } secure &a *a << !!str !x ' " \\x \\u | > # %YAML --- ... ?
017 1e3 yes ~ 2026-11-28 environment encryptionsalt dbName venues fixPort"""
PIECES = st.one_of(st.sampled_from([*_MARKS.split(), "\n  ", "\n", ": ", "- ", ", ", "\t", " "]), st.text(max_size=3))


@random_inputs.random_inputs
@random_inputs.seeded(20261129)
@FUZZ
@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_text_ends_with_anything_but_values_or_one_line(text: str):
    _reads_or_refuses(text.encode("utf-8", errors="surrogatepass"))


@random_inputs.random_inputs
@random_inputs.seeded(20261130)
@FUZZ
@given(st.binary(max_size=60))
def test_no_bytes_end_with_anything_but_values_or_one_line(data: bytes):
    _reads_or_refuses(b"config:\n  a: " + data)


@random_inputs.random_inputs
@random_inputs.seeded(20261201)
@FUZZ
@given(
    st.dictionaries(
        st.one_of(st.sampled_from([f"{PROJECT}:{key}" for key in SCHEMA]), TEXT),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_no_configuration_ends_with_anything_but_values_or_one_line(config: dict[str, Any]):
    _reads_or_refuses(yaml.safe_dump({"config": config}).encode())


def _reads_or_refuses(data: bytes) -> None:
    """Any other error than these two fails the test."""
    problems: tuple[str, ...] = ()
    try:
        found = stack_files.parsed(data, "Pulumi.tried.yaml").configuration()
    except EngineYamlError as error:
        problems = (error.reason,)
    except SettingsError as error:
        problems = error.problems
    else:
        assert all(isinstance(stack_files.as_sent(value), str) for value in found.values())
    assert all(problem and "\n" not in problem for problem in problems)
