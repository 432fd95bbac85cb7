"""No URL that is shown holds a password, token or key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.settings.errors import problem
from recovery.redaction import redacted, redacted_text

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:hunter2@db.example.com:5432/state?sslmode=require",
        "postgres://u:p@ss:hunter2@db.example.com/state",
        "postgres://u:p/hunter2@db.example.com/state",
        "postgres://u:1?hunter2@db.example.com/state",
        "postgres://u:1#hunter2@db.example.com/state",
        "postgres://u:1?a=hunter2&b@db.example.com/state",
        "postgres://db.example.com/state?user=u&password=hunter2",
        "postgres://db.example.com/state?user=a@b&password=hunter2",
        "postgres://db.example.com/state?sslmode=verify-full&sslpassword=hunter2",
        "postgres://db.example.com/state?host=hunter2@x",
        "https://hunter2@api.example.com",
        "https://api.example.com/?access_token=hunter2",
        "https://api.example.com/#hunter2",
        "s3://state?region=us-west-2&access_key=hunter2",
        "s3://state?endpoint=https://u:hunter2@minio.example.com&region=us-west-2",
        "s3://state?hunter2",
        "azblob://state?storage_account=a&sig=hunter2",
        "gs://state?access_id=hunter2",
        "u:hunter2@db",
    ],
)
def test_secrets_of_a_url_are_hidden(url: str) -> None:
    assert SECRET not in redacted(url)
    assert SECRET not in redacted_text(f"error: cannot open '{url}': no route")
    assert SECRET not in problem("stateBackendUrl", url, "is wrong")
    assert SECRET not in problem("urls", [url], "is wrong") or "://" not in url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file://~",
        "file:///tmp",
        "https://api.pulumi.com",
        "s3://state",
        "s3://trading-state/platform?awssdk=v2&region=us-west-2",
        "postgres://[::1]:5432/state?sslmode=require",
    ],
)
def test_a_url_without_secrets_is_shown_whole(url: str) -> None:
    assert redacted(url) == url


def test_the_host_is_shown_where_the_user_information_is_hidden() -> None:
    assert redacted("postgres://u:hunter2@db.example.com:5432/state") == "postgres://***@db.example.com:5432/state"


def test_named_secrets_in_text_are_hidden() -> None:
    text = (
        "failed to connect to `user=u password=hunter2 host=db`; AWS_SECRET_ACCESS_KEY: hunter2; sslpassword='hunter2'"
    )
    assert SECRET not in redacted_text(text)


@given(
    password=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12),
    scheme=st.sampled_from(["postgres", "https", "s3", "gs", "azblob"]),
)
def test_no_password_is_shown_whatever_its_characters(password: str, scheme: str) -> None:
    assert SECRET not in redacted(f"{scheme}://user:{password}{SECRET}@host/path?region=us-west-2")
    assert SECRET not in redacted(f"{scheme}://host/path?password={password.replace('&', '')}{SECRET}")
