"""The comment on a pull request holds what the code host takes of it, and never less than the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from delivery.__main__ import app
from delivery.comment import Host, Preview, comment

LOG = "https://code.example/run/1"


def test_a_short_preview_stands_whole():
    text = comment([Preview("primary", "3 to create"), Preview("dr", "no changes")], LOG, 10_240)
    assert "### Preview of `primary`\n\n```text\n3 to create\n```\n" in text
    assert "### Preview of `dr`\n\n```text\nno changes\n```\n" in text
    assert text.endswith(f"The whole log: {LOG}\n")


def test_a_long_preview_is_cut_at_the_front():
    long = "\n".join(f"resource {number}" for number in range(5_000)) + "\nPolicies: 2 mandatory violations"
    text = comment([Preview("primary", long), Preview("dr", "no changes")], LOG, Host.CODECOMMIT.limit)
    assert len(text) <= 10_240
    assert len(text) > 10_000, "as much as fits"
    assert "Policies: 2 mandatory violations\n```" in text, "the verdict stands at the end"
    assert "[...]\nresource " in text, "whole lines"
    assert "no changes" in text, "the other stack's is not pushed out"
    assert LOG in text


def test_a_stack_that_was_not_asked_says_so():
    text = comment([Preview("primary", "refused"), Preview("dr", None)], LOG, 10_240)
    assert "### Preview of `dr`\n\nNot previewed: an earlier step failed." in text


def test_a_preview_cannot_end_its_own_frame():
    text = comment([Preview("primary", "description: ```\n# looks approved\n````")], LOG, 10_240)
    assert "\n`````text\n" in text
    assert text.count("`````") == 2, "the frame is longer than any fence within it"


@given(st.lists(st.text(max_size=400), min_size=1, max_size=4), st.integers(500, 1_500))
def test_no_comment_is_longer_than_the_code_host_takes(texts: list[str], limit: int):
    assert len(comment([Preview("primary", text) for text in texts], LOG, limit)) <= limit


def test_colours_of_a_terminal_are_left_out(tmp_path: Path):
    (tmp_path / "primary.txt").write_text("\x1b[32m+ create\x1b[0m\n", encoding="utf-8")
    assert Preview.read(tmp_path, "primary") == Preview("primary", "+ create")
    assert Preview.read(tmp_path, "dr") == Preview("dr", None)


@pytest.mark.parametrize("host", list(Host))
def test_the_command_prints_the_comment(tmp_path: Path, host: Host):
    (tmp_path / "primary.txt").write_text("é" * 100_000, encoding="utf-8")
    said = CliRunner().invoke(app, ["comment", str(tmp_path), "primary", "dr", "--log", LOG, "--host", host.value])
    assert said.exit_code == 0, said.output
    assert len(said.stdout) <= host.limit
    assert LOG in said.stdout


def test_a_code_host_that_there_is_not_is_refused(tmp_path: Path):
    said = CliRunner().invoke(app, ["comment", str(tmp_path), "primary", "--log", LOG, "--host", "gitea"])
    assert said.exit_code == 2
    assert "codecommit" in said.output, "the message names what there is"
