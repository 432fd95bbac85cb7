"""No message prints a password of a setting, stack file or argument: not in the value, the reason or the key."""

from __future__ import annotations

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
from tests import random_inputs

EXAMPLES = random_inputs.count(150)
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


@random_inputs.random_inputs
@random_inputs.seeded(20261202)
@settings(max_examples=EXAMPLES, deadline=None)
@given(key=st.sampled_from(KEYS), form=st.sampled_from(FORMS), password=PASSWORDS, wrapped=st.sampled_from("tls"))
def test_no_setting_prints_a_password(key: str, form: str, password: str, wrapped: str):
    text = form.format(password)
    if form == "password={}":
        text = form.format(MARK)
    given_: Any = {"t": text, "l": [text], "s": [text, text]}[wrapped]
    assert MARK not in printed(lambda: Settings.parse({key: given_})), f"{key} = {given_!r}"


@random_inputs.random_inputs
@random_inputs.seeded(20261202)
@settings(max_examples=EXAMPLES, deadline=None)
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


NAMED = ["password={}", "PASSWORD '{}'", "client_secret: {}", "api-key: {}", "Bearer {}", "db_passwd = {}", "pwd={}"]
OTHER = [
    "ghp_{}12345678@github.com/a/b",
    "{}@github.com/a/b",
    "s3://{}@acme-state?region=us-west-2",
    "http://hooks.slack.com/services/T0/B0/{}",
    "https://hooks.slack.com/services/T0/B0/{} ",
    "https://hooks.slack.com/services/T0/{} b",
    '{{"kty": "oct", "k": "{}"}}',
    '{{"kty": "OKP", "d": "{}"',
    '["Bearer {}"]',
    '["http://hooks.slack.com/services/T0/B0/{} "]',
    '[{{"password": "{}"}}]',
]


@pytest.mark.parametrize("form", [*NAMED, *OTHER])
@pytest.mark.parametrize("secret", ["geheim", "ge heim"])
def test_no_setting_prints_what_has_the_form_of_a_secret(form: str, secret: str):
    """In each setting, alone and in a list: not in the value, and not where the reason repeats a part of it."""
    for key in KEYS:
        for given_ in (form.format(secret), [form.format(secret)]):
            assert "heim" not in printed(lambda given_=given_, key=key: Settings.parse({key: given_})), key


@pytest.mark.parametrize(
    "key", ["dbPassword", "aws:secretKey", "apiKey", "trading:apiKey", "db-passwd", "ACCESS_TOKEN", "tokenName"]
)
def test_a_key_that_no_setting_has_hides_its_value_where_its_name_says_secret(key: str):
    shown = printed(lambda: Settings.parse(overrides_of([f"{key}={MARK}"])))
    assert "is not a setting" in shown
    assert MARK not in shown


@pytest.mark.parametrize("key", ["other", "tokenKeys", "operationsEmails", "apiDomain", "vpcCidr", "apiRateLimit"])
@pytest.mark.parametrize(
    "value", [{"password": MARK}, [{"a": [MARK]}], {"a": {"b": MARK}}, [[{"x": MARK}]], {"kty": "oct", "k": MARK}]
)
def test_no_mapping_prints_its_values(key: str, value: Any):
    """No setting is a mapping, so that nobody knows what its values are."""
    assert MARK not in printed(lambda: Settings.parse({key: value}))


def test_a_value_without_a_secret_is_shown_whole():
    """What a person needs to find the mistake stays in the message."""
    for key, value in (("apiDomain", "api bank"), ("deliveryBranch", "a..b"), ("githubRepository", "owner@1/x@y")):
        assert f"= {value!r}:" in printed(lambda key=key, value=value: Settings.parse({key: value}))


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
