"""Ranges of addresses read as sets, and secrets told from settings, whatever their form."""

from __future__ import annotations

import base64
import random
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import tokens as t
from policy.addresses import covers_world
from policy.plaintext import in_script, is_secret
from tests.policy.judging import evaluate

Json = dict[str, Any]


def _stack(*entries: tuple[str, str, Json]) -> Json:
    provider = "urn:pulumi:s::p::pulumi:providers:aws::r"
    resources = [
        {"urn": f"urn:pulumi:s::p::{type_}::{name}", "type": type_, "name": name, "custom": True, "provider": provider,
         "properties": properties}
        for type_, name, properties in entries
    ]  # fmt: skip
    own = {"urn": provider, "type": t.AWS_PROVIDER, "name": "r", "custom": True, "properties": {"region": "us-east-1"}}
    return {"stack": "s", "outputs": {}, "resources": [own, *resources]}


def _spoken(*entries: tuple[str, str, Json]) -> set[str]:
    return {violation.rule.id for violation in evaluate([_stack(*entries)]).violations}


@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_the_world_is_found_however_it_is_split(prefix: int, shuffled: random.Random) -> None:
    parts = [str(network) for network in ip_network("0.0.0.0/0").subnets(new_prefix=prefix)]
    shuffled.shuffle(parts)
    assert covers_world(parts)
    six = [str(network) for network in ip_network("2000::/3").subnets(prefixlen_diff=prefix)]
    assert covers_world(six)


@pytest.mark.parametrize(
    "ranges",
    [[], ["10.0.0.0/8"], ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], ["203.0.113.0/24"], ["fc00::/7"],
     ["2001:db8::/32"], ["198.51.100.0/24", "203.0.113.0/24"]],
)  # fmt: skip
def test_networks_of_ones_own_are_not_the_world(ranges: list[str]) -> None:
    assert not covers_world(ranges)


_QUARTERS = ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"]
_GROUP = "${aws:ec2/securityGroup:SecurityGroup::g#id}"
_RULE = {"fromPort": 20.0, "toPort": 25.0}


def _apart(ranges: list[str]) -> list[tuple[str, str, Json]]:
    same = {**_RULE, "ipProtocol": "tcp", "securityGroupId": _GROUP, "description": "x"}
    rules = [(t.INGRESS_RULE, f"r{i}", {**same, "cidrIpv4": cidr}) for i, cidr in enumerate(ranges)]
    return [(t.SECURITY_GROUP, "g", {}), *rules]


def _classic(ranges: list[str]) -> list[tuple[str, str, Json]]:
    rule = {**_RULE, "protocol": "tcp", "type": "ingress", "securityGroupId": _GROUP, "cidrBlocks": ranges}
    return [(t.SECURITY_GROUP, "g", {}), (t.CLASSIC_RULE, "r", rule)]


def _inline(ranges: list[str]) -> list[tuple[str, str, Json]]:
    blocks = [{**_RULE, "protocol": "tcp", "cidrBlocks": [cidr]} for cidr in ranges]
    return [(t.SECURITY_GROUP, "g", {"ingress": blocks})]


def _inline_of_the_default(ranges: list[str]) -> list[tuple[str, str, Json]]:
    return [(t.DEFAULT_SECURITY_GROUP, "g", {"ingress": [{"protocol": "-1", "cidrBlocks": ranges}]})]


def _by_prefix_list(ranges: list[str]) -> list[tuple[str, str, Json]]:
    lists = "aws:ec2/managedPrefixList:ManagedPrefixList"
    entry = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
    reference = f"${{{lists}::w#id}}"
    rule = {**_RULE, "ipProtocol": "6", "securityGroupId": _GROUP, "prefixListId": reference}
    return [
        (lists, "w", {"entries": [{"cidr": cidr} for cidr in ranges[1:]]}),
        (entry, "e", {"prefixListId": reference, "cidr": ranges[0]}),
        (t.INGRESS_RULE, "r", rule),
    ]


@pytest.mark.parametrize("form", [_apart, _classic, _inline, _inline_of_the_default, _by_prefix_list])
@pytest.mark.parametrize("ranges", [["0.0.0.0/0"], ["128.0.0.0/1", "0.0.0.0/1"], _QUARTERS])
def test_administration_open_to_the_world_is_found_in_every_form(form: Any, ranges: list[str]) -> None:
    assert "no-world-ingress-to-administration" in _spoken(*form(ranges))
    assert "no-world-ingress-to-administration" not in _spoken(*form(["10.0.0.0/8"]))


def _acl(*rules: tuple[int, str, str, int]) -> list[tuple[str, str, Json]]:
    return [
        (
            t.NETWORK_ACL_RULE,
            f"r{number}",
            {"networkAclId": "acl-1", "ruleNumber": number, "ruleAction": action, "cidrBlock": cidr, "protocol": "6",
             "egress": False, "fromPort": port, "toPort": port},
        )
        for number, action, cidr, port in rules
    ]  # fmt: skip


@given(
    st.permutations([(10, "deny", "0.0.0.0/0", 22), (20, "allow", "0.0.0.0/0", 22), (30, "allow", "0.0.0.0/0", 443)])
)
def test_a_network_acl_is_read_in_the_order_of_its_numbers(rules: list[tuple[int, str, str, int]]) -> None:
    assert "acl-no-world-administration" not in _spoken(*_acl(*rules))
    later = [(50 if number == 10 else number, *rest) for number, *rest in rules]
    assert "acl-no-world-administration" in _spoken(*_acl(*later))  # type: ignore[arg-type]


def test_an_acl_that_denies_half_of_the_world_admits_the_other_half() -> None:
    denied = _acl((10, "deny", "0.0.0.0/1", 3389), (20, "allow", "0.0.0.0/0", 3389))
    assert "acl-no-world-administration" in _spoken(*denied)
    inline = [
        {"ruleNo": 1.0, "action": "ALLOW", "cidrBlock": "0.0.0.0/0", "protocol": "-1", "fromPort": 0, "toPort": 0}
    ]
    for type_ in (t.NETWORK_ACL, t.DEFAULT_NETWORK_ACL):
        assert "acl-no-world-administration" in _spoken((type_, "a", {"ingress": inline}))


_NAMES = ["PGPASSWORD", "dbPassword", "REDISCLI_AUTH", "DB_PASS", "MYSQL_PWD", "MYSQL_ROOT_PASSWORD", "token", "apiKey",
    "API-KEY", "STRIPE_SECRET_KEY", "clientSecret", "JWT_SIGNING_KEY", "DATABASE_PASSWORD_1", "Db.Password.Prod",
    "passphrase", "ECS_ENGINE_AUTH_DATA", "GITHUB_PAT", "SLACK_BOT_TOKEN", "AWS_SECRET_ACCESS_KEY",
    "SSHPASS", "SECRET_KEY_BASE", "SECRETKEYBASE", "PASSWORD_DB", "TOKEN_GITHUB", "secretForWebhook", "PRIVATE_KEY_PEM",
    "DB_PASSWORD_V2", "DB_PASSWORDS", "STRIPE_KEY", "SENDGRID_KEY", "AES_KEY", "CONSUMER_KEY", "SIGNING_KEY_V2",
    "RAILS_MASTER_KEY", "spring.datasource.password", "keystorePassword"]  # fmt: skip


_LETTERS = "".join(chr(ord("a") + index) for index in range(26))
# Made up, and in two parts, so that no scanner of this repository takes one for real.
_TOKENS = ["sk_" + "live_4242", "rk_" + "prod_" + "4" * 10, "shp" + "at_" + "0a" * 16, "sq0" + "atp-" + _LETTERS[:22],
    "dop_" + "v1_" + "0a" * 32, "dapi" + "0a" * 16, "dckr_" + "pat_" + _LETTERS, "NRAK" + "-" + _LETTERS.upper() + "1",
    "lin_" + "api_" + _LETTERS + "0123456789abcd", "hf_" + _LETTERS + "ABCDEFGH", "AGE-SECRET-" + "KEY-1" + "Q" * 58,
    "dp." + "pt." + _LETTERS + "0" * 17, "s." + _LETTERS[:24], "glsa_" + "a" * 32 + "_0123abcd", "key-" + "3ax6" * 8,
    "hooks.slack.com/" + "services/T0/B0/" + "x" * 8, "https://discord.com/api/" + "webhooks/1234/" + _LETTERS,
    "110201543" + ":AA" + _LETTERS + "1234567", "pscale_" + "pw_" + _LETTERS, "xkeysib" + "-" + "0a" * 32,
    "PMAK" + "-" + "0a" * 12 + "-" + "0b" * 17, "AccountKey=" + "A1b2" * 12, "hvs" + "." + _LETTERS]  # fmt: skip


@pytest.mark.parametrize("name", _NAMES)
def test_a_secret_is_told_by_its_name(name: str) -> None:
    assert is_secret(name, "hunter2")


@pytest.mark.parametrize(
    "value",
    [
        "postgres://app:hunter2@db.example:5432/trades",
        "redis://:hunter2@cache.example:6379",
        "Server=db;User Id=app;Password=hunter2;",
        "AKIA" + "IOSFODNN7" + "EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.e30.abc",
        "ghp_" + "a" * 36,
        "xoxb-" + "1" * 12 + "-abcdef",
        "sk_live_" + "4" * 24,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        '{"user": "app", "password": "hunter2"}',
        '{"databases": [{"name": "DB_PASSWORD", "value": "hunter2"}]}',
        "Zx81Qw7LrT3bVn9KpJ2sGh5Yd8Fm4Xc6Ra0",
        "postgres://app:123456@db.example/trades",
        "--user app --password hunter2",
        "-Xmx1g -Djavax.net.ssl.keyStorePassword=changeit",
        'PlainLoginModule required username="app" password="hunter2";',
        "https://account.blob.core.windows.net/c?sv=2020&sig=" + "a1B2" * 8,
        "https://bucket.s3.amazonaws.com/key?X-Amz-Signature=" + "0a" * 32,
        *_TOKENS,
    ],
)
def test_a_secret_is_told_by_its_value(value: str) -> None:
    assert is_secret("SETTING", value)


# Settings about a secret, and keys that are none.
_SETTINGS = {"TOKEN_TTL_SECONDS": "300", "PASSWORD_MIN_LENGTH": "14", "PASSWORD_POLICY": "strict",
    "SECRET_STORE": "ssm", "SECRETS_MANAGER_REGION": "us-east-1", "TOKEN_BUCKET_RATE": "fast",
    "API_KEY_HEADER": "x-api-key", "API_KEY_SOURCE": "HEADER", "SECRET_VERSION_STAGE": "AWSCURRENT",
    "SECRET_KEY_NAME": "trading/database", "PASSWORD_KEY": "password", "SORT_KEY": "sequence",
    "OBJECT_KEY": "orders-2026-11-28T00", "PASSWORDLESS": "always",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_" + "4" * 24, "KMS_KEY": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "IDEMPOTENCY_KEY": "orderId2026x", "CACHE_KEY": "orders:v2:eu1", "JWT_ALGORITHM": "RS256", "SALT_ROUNDS": "10",
    "COMMIT": "0123456789abcdef0123456789abcdef01234567", "QUERY": "page=2&max_token=3"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "arn:aws:secretsmanager:us-east-1:111122223333:secret:x"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:x}}"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("TOKEN_AUDIENCE", "trading-api"),
        ("TOKEN_URL", "https://identity.example/token"),
        ("MAX_TOKENS", "4096"),
        ("AUTH", "iam"),
        ("SECRET_NAME", "database"),
        ("databaseSecret", "trading-database"),
        ("PARTITION_KEY", "order_id"),
        ("MONKEY", "banana"),
        ("COMPASS", "north"),
        ("BUCKET", "trading-primary-artifacts-123456789012"),
        ("IMAGE", "111122223333.dkr.ecr.us-east-1.amazonaws.com/app@sha256:" + "0a" * 32),
        ("DATABASE_URL", "postgres://db.example:5432/trades"),
        ("DATABASE_URL", "postgres://app:${DB_PASSWORD}@db.example/trades"),
        ("USE_PASSWORD", "true"),
        *_SETTINGS.items(),
    ],
)
def test_a_setting_is_no_secret(name: str, value: str) -> None:
    assert not is_secret(name, value)


def test_the_blocks_of_the_registries_are_the_world() -> None:
    """A few hold nearly every address that is in use, though little of 2000::/3; one organization has less."""
    assert covers_world(["2400::/12", "2600::/12", "2800::/12", "2a00::/12", "2c00::/12"])
    assert covers_world(["2600::/13", "2608::/13"])
    assert not covers_world(["2600::/16", "2620:1ec::/32"])


@pytest.mark.parametrize(
    "line",
    [
        "mysql --user=app --password=hunter2 < schema.sql",
        "curl -H 'Authorization: Bearer abcdefghijklmnopqrst' https://x.example",
        "aws configure set aws_secret_access_key " + "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
        "export STRIPE_KEY=sk_" + "live_4242",
    ],
)
def test_a_command_of_user_data_gives_a_secret(line: str) -> None:
    assert list(in_script(f"#!/bin/sh\n{line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        'mysql --password="$DB_PASSWORD"',
        "mysql --password=$(get-password)",
        'if [ "$password" = "" ]; then exit 1; fi',
        "TOKEN=`curl -X PUT http://169.254.169.254/latest/api/token`",
        "aws secretsmanager get-secret-value --secret-id trading/database",
        'curl -H "X-aws-ec2-metadata-token: $TOKEN" http://169.254.169.254/latest/meta-data/',
    ],
)
def test_a_command_that_looks_a_secret_up_gives_none(line: str) -> None:
    assert not list(in_script(f"#!/bin/sh\n{line}\n"))


def test_user_data_is_read_plain_and_in_base64() -> None:
    script = "#!/bin/sh\nexport DB_PASSWORD='hunter2'\ncurl https://app:hunter2@x.example\necho $TOKEN\nTOKEN=$(get)\n"
    assert list(in_script(script)) == ["DB_PASSWORD", "line 3"]
    assert list(in_script(base64.b64encode(script.encode()).decode())) == ["DB_PASSWORD", "line 3"]
