"""Exports of any encoding, form and content are read, or refused on one line that names the key."""

from __future__ import annotations

import codecs
import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from components.settings.functions import FunctionSettings
from components.settings.recovery import RecoverySettings
from recovery import configuration, exports, parts
from recovery.clients import Clients
from recovery.configuration import ROTATION, TIMING, from_outputs, to_outputs
from recovery.errors import ConfigurationError
from rehearsal.drill import minimal_fixture
from runbook import outputs as runbook_outputs
from tests import random_inputs
from tests.recovery.exports import ACCOUNT, EAST, WEST, outputs, run_configuration, run_exports, site

RANDOM = settings(
    max_examples=random_inputs.count(300),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
TEXT = json.dumps({**outputs(), "note": "Zürich"}, ensure_ascii=False)
READERS = [configuration.from_file, runbook_outputs.of_file]
ENCODED = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with BOM": TEXT.encode("utf-8-sig"),
    "UTF-16LE with BOM": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16BE with BOM": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-16LE without BOM": TEXT.encode("utf-16-le"),
    "UTF-16BE without BOM": TEXT.encode("utf-16-be"),
    "UTF-32LE with BOM": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "UTF-32BE with BOM": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    "UTF-16LE with Windows lines": codecs.BOM_UTF16_LE + f"{TEXT}\r\n".encode("utf-16-le"),
}
Reader = Callable[[Path], Any]


def refused(path: Path, reader: Reader = configuration.from_file) -> str:
    with pytest.raises(ConfigurationError) as caught:
        reader(path)
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    return message


def put(document: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return changed


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_each_encoding_of_powershell_and_editors_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outputs.json"
    path.write_bytes(content)
    assert configuration.from_file(path) == run_configuration()
    assert runbook_outputs.of_file(path)["note"] == "Zürich"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEXT.encode("cp1252"), "is no UTF-8 (perhaps Windows-1252): byte"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")[:-1], "looks like UTF-16 with a byte order mark and is not"),
        (codecs.BOM_UTF32_LE + b"\xff\xff\xff\xff", "looks like UTF-32 with a byte order mark and is not"),
        (codecs.BOM_UTF8 + b"\xff{}", "looks like UTF-8 with a byte order mark and is not"),
        (b"", "is empty"),
        (codecs.BOM_UTF16_LE + "\r\n".encode("utf-16-le"), "is empty"),
        (b"{", "is no JSON"),
        (b"[]", "is no JSON object but a list"),
        (b"null", "is no JSON object but null"),
        (b'"x"', "is no JSON object but text"),
        (b"7", "is no JSON object but a number"),
        (b"true", "is no JSON object but true or false"),
        (b'"[secret]"', "write it with --show-secrets"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"a":' * 100_000, "is nested too deeply"),
        (b'{"recovery": {}, "recovery": {}}', "has the key 'recovery' twice"),
        (b'{"recovery": {"accountId": "1", "accountId": "2"}}', "has the key 'accountId' twice"),
        (b" " * (exports.MOST_BYTES + 1), "is larger than 10 MB"),
    ],
)
def test_a_file_that_is_not_exports_is_refused_with_the_command_that_writes_it(
    tmp_path: Path, reader: Reader, content: bytes, said: str
) -> None:
    path = tmp_path / "outputs.json"
    path.write_bytes(content)
    message = refused(path, reader)
    assert f"outputs.json: {said}" in message or said in message
    assert "pulumi stack output --json --show-secrets --stack dr > FILE" in message
    assert "| Out-File -Encoding utf8" in message


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["", "missing.json", "missing\n.json", "nul\0.json", "l" * 300])
def test_a_path_that_cannot_be_read_is_named(tmp_path: Path, reader: Reader, name: str) -> None:
    assert "cannot be read" in refused(tmp_path / name, reader)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("NaN", "NaN"),
        ("1e999", "Infinity"),
        ("-1e999", "-Infinity"),
        ("9" * 5000, "Infinity"),
        ("1e308", "1e+308"),
        (str(2**70), str(2**70)),
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("20001", "20001"),
        ("0", "0"),
        ("true", "True"),
        ('"5000"', "'5000'"),
        ("null", "None"),
        ("[5000]", "a list of 1"),
    ],
)
def test_a_number_that_is_not_finite_whole_and_in_bounds_is_named(tmp_path: Path, number: str, shown: str) -> None:
    text = json.dumps(put(outputs(), ("recovery", "timing", "leaseMilliseconds"), "HERE"))
    path = tmp_path / "outputs.json"
    path.write_text(text.replace('"HERE"', number))
    assert f"recovery.timing.leaseMilliseconds = {shown}: " in refused(path)


KEYS = [(("timing", number.key), number) for number in TIMING.values()] + [((ROTATION.key,), ROTATION)]


@pytest.mark.parametrize(("path", "number"), KEYS, ids=[number.key for _, number in KEYS])
def test_each_number_has_documented_bounds(path: tuple[str, ...], number: exports.Whole) -> None:
    for right in (number.least, number.most, float(number.most)):
        assert from_outputs(put(run_exports(), path, right))
    for wrong in (number.least - 1, number.most + 1, math.inf, -math.inf, math.nan, 1e308, 10**400, 0.5, True, "1"):
        with pytest.raises(ConfigurationError) as caught:
            from_outputs(put(run_exports(), path, wrong))
        message = str(caught.value)
        assert message.startswith(f"recovery.{'.'.join(path)} = ")
        assert f"give {number.least} to {number.most} ({number.unit})" in message


def test_the_runbooks_page_has_each_bound() -> None:
    page = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
    for _, number in KEYS:
        assert f"| `{number.key}` | {number.unit} | {number.least} | {number.most} |" in page


def test_the_bounds_hold_whatever_the_settings_allow() -> None:
    def most(model: Any, field: str) -> float:
        return next(one.le for one in model.model_fields[field].metadata if hasattr(one, "le"))

    functions, recovery = FunctionSettings, RecoverySettings
    assert TIMING["lease"].most == most(functions, "lease_milliseconds")
    assert TIMING["margin"].most == most(functions, "lease_margin_milliseconds")
    assert TIMING["recheck"].most == most(functions, "lease_recheck_milliseconds")
    assert TIMING["cooldown"].most == most(recovery, "failover_cooldown_minutes") * 60_000
    assert TIMING["replication_lag"].most == most(recovery, "replication_lag_milliseconds")
    assert TIMING["decision"].most >= most(recovery, "decision_milliseconds")
    assert TIMING["call"].most >= most(recovery, "control_call_milliseconds")


def paths(document: Any, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(document, dict):
        return [before]
    below = [path for key, value in document.items() for path in paths(value, (*before, key))]
    return [*([before] if before else []), *below]


@pytest.mark.parametrize("path", paths(outputs()), ids=".".join)
def test_a_hidden_secret_anywhere_is_refused_with_the_option_that_shows_it(path: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"write it with --show-secrets") as caught:
        from_outputs(put(outputs(), path, "[secret]"))
    assert str(caught.value).startswith(f"{'.'.join(path)} = '[secret]': ")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("primary", "region"), "us east"),
        (("primary", "region"), "\ud800"),
        (("standby", "database"), " "),
        (("standby", "database"), "a\nb"),
        (("tables", "orders"), "ördërs"),
        (("databaseSecret",), "x" * 3000),
        (("accountId",), "１２３４５６７８９０１２"),
        (("switch",), {}),
        (("switch", "kind"), "dns"),
        (("switch", "url"), "http://example.com"),
        (("switch", "url"), "https://user:hunter2@example.com/x"),
        (("switch", "url"), 5),
        (("scaleOut",), {}),
        (("scaleOut", "project"), 5),
        (("scaleOut",), {"command": []}),
        (("scaleOut",), {"command": ["sh", 5]}),
    ],
)
def test_a_value_of_another_form_is_named(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_outputs(put(run_exports(), path, value))
    message = str(caught.value)
    assert message.startswith(f"recovery.{path[0]}")
    assert message.isprintable()
    assert "hunter2" not in message


ROUTING = {
    "kind": "routingControl",
    "endpoints": {WEST: "https://a.example.com/v1", EAST: "https://b.example.com/v1"},
    "primaryControlArn": "arn:aws:route53-recovery-control::123456789012:controlpanel/a/routingcontrol/b",
    "standbyControlArn": "arn:aws:route53-recovery-control::123456789012:controlpanel/a/routingcontrol/c",
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("endpoints", {}),
        ("endpoints", ["https://a"]),
        ("endpoints", {"": "https://a"}),
        ("endpoints", {WEST: 5}),
        ("primaryControlArn", None),
        ("standbyControlArn", ""),
    ],
)
def test_routing_controls_are_checked(key: str, value: Any) -> None:
    assert from_outputs(run_exports(switch=ROUTING)).switch == ROUTING
    with pytest.raises(ConfigurationError, match=rf"^recovery\.switch\.{key}"):
        from_outputs(run_exports(switch={**ROUTING, key: value}))


def test_what_is_written_is_what_is_read() -> None:
    assert to_outputs(from_outputs(outputs())) == run_exports()


def test_the_drills_exports_satisfy_the_schema() -> None:
    found = minimal_fixture.described(ACCOUNT, site("primary", EAST), site("standby", WEST))
    assert from_outputs(to_outputs(found)) == found


BUDGET = {
    "terms": [{"name": "lease", "seconds": 6, "source": "setting"}],
    "beside": [{"name": "clocks", "seconds": 1, "source": "setting"}],
    "seconds": 6,
    "secondDisasterSeconds": 7,
    "detection": {"name": "detection", "seconds": 60, "source": "setting"},
}


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), [], "recoveryBudget = "),
        ((), "[secret]", "recoveryBudget = '[secret]'"),
        (("terms",), 5, "recoveryBudget.terms = 5"),
        (("terms",), [5], "recoveryBudget.terms[0] = 5"),
        (("terms",), [{"name": "x", "source": "y"}], "recoveryBudget.terms[0].seconds: "),
        (("beside",), [5], "recoveryBudget.beside[0] = 5"),
        (("secondDisasterSeconds",), -1, "recoveryBudget.secondDisasterSeconds = -1"),
        (("seconds",), math.inf, "recoveryBudget.seconds = Infinity"),
        (("seconds",), math.nan, "recoveryBudget.seconds = NaN"),
        (("seconds",), 10**400, "recoveryBudget.seconds = "),
        (("detection", "seconds"), True, "recoveryBudget.detection.seconds = True"),
        (("detection", "name"), "", "recoveryBudget.detection.name = ''"),
    ],
)
def test_a_budget_of_another_form_is_named(path: tuple[str, ...], value: Any, key: str) -> None:
    assert runbook_outputs.budget_of({"recoveryBudget": BUDGET}) == BUDGET
    assert runbook_outputs.budget_of({}) is None
    with pytest.raises(ConfigurationError) as caught:
        runbook_outputs.budget_of(put({"recoveryBudget": BUDGET}, ("recoveryBudget", *path), value))
    assert str(caught.value).startswith(key)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**80), 2**80),
    st.integers(0, 100_000),
    st.floats(),
    st.just("[secret]"),
    st.sampled_from(["", " ", "us-east-1", "[/]", "\ud800", "\n", "https://u:hunter2@host", "routingControl"]),
    st.text(max_size=20),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
WHOLE = {**outputs(), "recoveryBudget": BUDGET}
WHERE = [
    *paths(WHOLE),
    ("recovery", "switch", "url"),
    ("recovery", "switch", "endpoints"),
    ("recovery", "scaleOut", "command"),
]


@st.composite
def documents(draw: Any) -> Any:
    """Exports with a few values changed or removed, or another document."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    document = copy.deepcopy(WHOLE)
    for path in draw(st.lists(st.sampled_from(WHERE), max_size=3)):
        part: Any = document
        for key in path[:-1]:
            part = part.get(key) if isinstance(part, dict) else None
        if isinstance(part, dict):
            if draw(st.booleans()):
                part[path[-1]] = draw(VALUES)
            else:
                part.pop(path[-1], None)
    return document


@st.composite
def contents(draw: Any) -> bytes:
    """A file with such a document in some encoding, now and then damaged."""
    text = json.dumps(draw(documents()), ensure_ascii=draw(st.booleans()))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]))
    content = text.encode(encoding, errors="replace")
    if draw(st.integers(0, 4)) == 0 and content:
        at = draw(st.integers(0, len(content) - 1))
        content = content[:at] + draw(st.binary(max_size=4)) + content[at + draw(st.integers(0, 3)) :]
    return content


@random_inputs.random_inputs
@random_inputs.seeded(20261128)
@RANDOM
@given(content=contents())
@example(content=b'{"recovery": "[secret]"}')
@example(content=b'{"recovery": {"timing": {"leaseMilliseconds": Infinity}}}')
def test_no_exports_end_in_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outputs.json"
    path.write_bytes(content)
    try:
        found = runbook_outputs.of_file(path)
        budget = runbook_outputs.budget_of(found)
        read = from_outputs(found)
    except ConfigurationError as error:
        message = str(error)
        assert message.isprintable()
        assert "hunter2" not in message
        assert "; " in message, "it says what to do"
        assert len(message) < 1200
        return
    assert budget is None or json.dumps(budget, allow_nan=False)
    assert from_outputs(to_outputs(read)) == read


@random_inputs.random_inputs
@random_inputs.seeded(20261129)
@settings(RANDOM, max_examples=max(20, random_inputs.count(300) // 20))
@given(document=documents())
def test_the_parts_of_a_run_can_be_made_of_any_exports_that_are_accepted(document: Any) -> None:
    try:
        found = from_outputs(document)
    except ConfigurationError:
        return
    assert parts.switch_of(found, _NO_CLIENTS)
    assert parts.growth_of(found, _NO_CLIENTS)


class _NoClients(Clients):
    def __init__(self) -> None:
        """Nothing is called."""
        self.here_region, self.there_region = "us-west-2", "us-east-1"

    def at(self, service: str, region: str) -> Any:
        return None

    def control(self, *regions: str) -> Any:
        return None


_NO_CLIENTS = _NoClients()


def _texts(part: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Paths of all texts of an object."""
    if isinstance(part, dict):
        return [found for key, value in part.items() for found in _texts(value, (*path, key))]
    return [path] if isinstance(part, str) else []


NAMES = _texts(outputs()["recovery"])


@pytest.mark.parametrize("value", ["https://u:geheim@x.example/a", "u:geheim@x", "postgres:u:geheim@x", "u:ge heim@x"])
@pytest.mark.parametrize("path", NAMES, ids=".".join)
def test_no_name_is_a_url_with_a_password(path: tuple[str, ...], value: str) -> None:
    """Each text among the exports has a form of its own. A value of another form is refused, and not repeated."""
    with pytest.raises(ConfigurationError) as refusal:
        from_outputs(put(outputs(), ("recovery", *path), value))
    assert path[-1] in str(refusal.value)
    assert "heim" not in str(refusal.value)


@pytest.mark.parametrize("end", [":0", ":99999", ":65536/x", "/a b", "/?a", "/#a"])
def test_an_endpoint_has_a_port_that_exists(end: str) -> None:
    switch = {"kind": "healthCheck", "url": f"https://api.mycompany.com{end}"}
    with pytest.raises(ConfigurationError, match="is not an address such as"):
        from_outputs(put(outputs(), ("recovery", "switch"), switch))
