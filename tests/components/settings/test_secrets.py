"""A password in any setting, stack file or argument is not printed: not in the value, not in the reason, not in a key.

SECRET_EXAMPLES sets how many are tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel
from typer.testing import CliRunner

from blueprint.__main__ import app as blueprint
from blueprint.overrides import overrides_of
from components.settings import Settings, SettingsError, stack_files
from components.settings.engine_yaml import EngineYamlError
from components.settings.root import NAMESPACES
from preflight.__main__ import app as preflight
from runbook.cli import app as runbook

EXAMPLES = int(os.environ.get("SECRET_EXAMPLES", "150"))
KEYS = [to_camel(name) for section in Settings.sections().values() for name in section.model_fields]
MARK = "geheim"
FORMS = [
    *("https://u:{}@x.example/a", "u:{}@x.example", "postgres:u:{}@x", "user:{}@", "https://{}@x.example", ":{}@x"),
    *(
        "postgres://u:{}@h:5432/d?sslmode=require",
        "//u:{}@h",
        "s3://b?region=us-west-2&secret={}",
        "a:b:https://u:{}@h",
    ),
    "password={}",
]
# What a password may have beside letters. A line feed is no part of an argument that people type.
PASSWORDS = st.builds(
    "{}{}{}".format,
    st.text("ab/:?#@ '\"<>!%&,;=[]{}", max_size=4),
    st.just(MARK),
    st.text("ab/:?#@!%,;=[]", max_size=4),
)


def printed(read: Callable[[], object]) -> str:
    """What a refusal prints; nothing where nothing is refused."""
    try:
        read()
    except (SettingsError, EngineYamlError) as error:
        return f"{error} {error!r}"
    return ""


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(key=st.sampled_from(KEYS), form=st.sampled_from(FORMS), password=PASSWORDS, wrapped=st.sampled_from("tls"))
def test_no_setting_prints_a_password(key: str, form: str, password: str, wrapped: str):
    text = form.format(password)
    if form == "password={}":
        text = form.format(MARK)
    given_: Any = {"t": text, "l": [text], "s": [text, text]}[wrapped]
    assert MARK not in printed(lambda: Settings.parse({key: given_})), f"{key} = {given_!r}"


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(form=st.sampled_from(FORMS[:8]), password=PASSWORDS, place=st.sampled_from(["key", "value", "item", "part"]))
def test_no_stack_file_prints_a_password(form: str, password: str, place: str):
    quoted = "'" + form.format(password).replace("'", "''") + "'"
    text = {
        "key": f"config:\n  {quoted}: 1\n",
        "value": f"config:\n  trading:operationsEndpoints: {quoted}\n",
        "item": f"config:\n  trading-platform:operationsEmails: [{quoted}]\n",
        "part": f"{quoted}: 1\n",
    }[place]

    def read() -> None:
        found = stack_files.parsed(text.encode(), "Pulumi.tried.yaml").configuration()
        split = [(key.partition(":"), value) for key, value in found.items()]
        Settings.parse({name: value for (namespace, _, name), value in split if namespace in NAMESPACES})

    assert MARK not in printed(read)


@pytest.mark.parametrize("secret", ["u:geheim@x", "https://u:geheim@x", "postgres:u:geheim@x", "u:ge heim@x"])
def test_no_command_prints_a_password_of_an_argument(secret: str):
    for pairs in ([secret], [f"{secret}=1", f"{secret}=2"]):
        with pytest.raises(SettingsError) as refusal:
            overrides_of(pairs)
        assert "heim" not in str(refusal.value)
    runs = [
        (blueprint, [secret]),
        (blueprint, ["primary", "--program", f"/tmp/{secret}"]),
        (blueprint, ["primary", "--set", f"operationsEmails={secret}"]),
        (blueprint, ["primary", "--set", f"{secret}=1"]),
        (preflight, [secret, "--offline"]),
        (runbook, ["doctor", "--outputs", f"/tmp/ex/{secret}"]),
        (runbook, ["doctor", "--stack", secret]),
        (runbook, ["doctor", "--cwd", f"/tmp/{secret}"]),
        (runbook, ["failover", "--to", secret]),
        (runbook, ["grow", "--run", secret]),
        (runbook, ["failover", "--scale-out-command", f"'{secret}"]),
        (runbook, ["plan", secret]),
    ]
    for app, words in runs:
        outcome = CliRunner().invoke(app, words)
        assert outcome.exit_code not in (0, 1), words
        assert "heim" not in outcome.output, words
