"""Copying the images and charts that a stack names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from delivery.mirror import ChartCopy, Copy, MirrorError, copies, mirror

COPY = Copy("quay.io/prometheus/prometheus:v3", "1.dkr.ecr.us-east-1.amazonaws.com/trading/prometheus/prometheus:v3")


CHART = ChartCopy(
    "cluster-autoscaler",
    "9.59.0",
    "https://kubernetes.github.io/autoscaler",
    "oci://1.dkr.ecr.us-east-1.amazonaws.com/trading/charts",
)
LISTED = {
    "imagesToMirror": [{"source": COPY.source, "target": COPY.target}],
    "chartsToMirror": [
        {"name": CHART.name, "version": CHART.version, "source": CHART.repository, "target": CHART.below}
    ],
}


def tool(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str = "crane") -> None:
    program = folder / name
    program.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_outputs_of_a_stack_say_what_to_copy(tmp_path: Path):
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(LISTED))
    assert copies(outputs) == [COPY, CHART]


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"imagesToMirror": [{}]}', '{"imagesToMirror": []}'])
def test_outputs_that_name_no_images_are_refused_with_the_way_out(text: str, tmp_path: Path):
    (tmp_path / "outputs.json").write_text(text)
    with pytest.raises(MirrorError, match="deploy the stack"):
        copies(tmp_path / "outputs.json")


def test_each_image_is_copied_by_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tool(tmp_path, monkeypatch, f'echo "$*" >> {tmp_path}/done')
    assert list(mirror([COPY])) == [f"{COPY.source} -> {COPY.target}"]
    assert (tmp_path / "done").read_text().split() == ["copy", COPY.source, COPY.target]


def test_an_image_that_cannot_be_copied_is_named_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tool(tmp_path, monkeypatch, "echo denied >&2; exit 1")
    with pytest.raises(MirrorError, match=r"was not copied: denied; log in with"):
        list(mirror([COPY]))


def test_a_chart_is_taken_from_its_repository_and_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Helm pulls the pinned version and pushes the archive below the registry's address."""
    tool(tmp_path, monkeypatch, "exit 1")
    tool(tmp_path, monkeypatch, f'echo "$*" >> {tmp_path}/done', "helm")
    assert list(mirror([CHART])) == [
        "https://kubernetes.github.io/autoscaler cluster-autoscaler 9.59.0"
        " -> 1.dkr.ecr.us-east-1.amazonaws.com/trading/charts/cluster-autoscaler:9.59.0"
    ]
    pull, push = (tmp_path / "done").read_text().splitlines()
    assert pull.startswith(
        "pull cluster-autoscaler --repo https://kubernetes.github.io/autoscaler --version 9.59.0 --destination /"
    )
    folder = pull.split()[-1]
    assert push == f"push {folder}/cluster-autoscaler-9.59.0.tgz {CHART.below}"


def test_a_chart_that_is_there_is_not_pushed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The registry's tags are immutable, and each push has another digest."""
    tool(tmp_path, monkeypatch, f'echo "$*" >> {tmp_path}/asked')
    tool(tmp_path, monkeypatch, "exit 1", "helm")
    assert list(mirror([CHART])) == [f"{CHART.target} is there"]
    assert (tmp_path / "asked").read_text().split() == ["manifest", CHART.target]


def test_a_chart_that_cannot_be_pushed_is_named_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tool(tmp_path, monkeypatch, "exit 1")
    tool(tmp_path, monkeypatch, "echo denied >&2; exit 1", "helm")
    with pytest.raises(MirrorError, match=r"charts/cluster-autoscaler:9.59.0: was not copied: denied; log in with"):
        list(mirror([CHART]))
