"""Helm releases: Helm's records of a release in the cluster, and the custom resource definitions of its chart.

The plugin does not render charts, because it cannot reach a chart repository. Helm stores each revision of a release as
a secret (https://helm.sh/docs/topics/kubernetes_apis/ and "Storage backends" of https://helm.sh/docs/topics/advanced/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.plugins.kubernetes.client import Client, Object, RefusedError

TOKEN = "kubernetes:helm.sh/v3:Release"
LIMIT = "Helm charts are not rendered: the cluster stores the release with its values and the definitions of its chart"

# Definitions in charts/crds of github.com/prometheus-community/helm-charts (kube-prometheus-stack).
_MONITORING = {
    "v1": ("Alertmanager", "PodMonitor", "Probe", "Prometheus", "PrometheusRule", "ServiceMonitor", "ThanosRuler"),
    "v1alpha1": ("AlertmanagerConfig", "PrometheusAgent", "ScrapeConfig"),
}
_DEFINITIONS = {"kube-prometheus-stack": ("monitoring.coreos.com", _MONITORING)}


def install(client: Client, inputs: Mapping[str, Any], revision: int) -> None:
    """Store a revision of a release, and create the definitions of its chart."""
    if revision == 1 and inputs.get("createNamespace"):
        _ignoring_present(client, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _namespace(inputs)}})
    for definition in definitions(str(inputs.get("chart"))):
        _ignoring_present(client, definition)
    client.create(_kept(inputs, revision))


def latest(client: Client, inputs: Mapping[str, Any], at_least: int) -> int | None:
    """Return the newest stored revision, starting at `at_least`; None if there is none."""
    if client.read(_named(inputs, at_least)) is None:
        return None
    while client.read(_named(inputs, at_least + 1)) is not None:
        at_least += 1
    return at_least


def remove(client: Client, inputs: Mapping[str, Any], revision: int) -> None:
    """Delete all revisions. Helm keeps definitions, and so does this function."""
    for number in range(1, revision + 1):
        client.delete(_named(inputs, number))


def status(inputs: Mapping[str, Any], revision: int) -> dict[str, Any]:
    """Return the output `status` of a release."""
    return {
        "status": "deployed",
        "name": inputs["name"],
        "namespace": _namespace(inputs),
        "chart": inputs.get("chart"),
        "version": inputs.get("version"),
        "revision": revision,
    }


def definitions(chart: str) -> Iterator[Object]:
    """Return the custom resource definitions of a chart. `chart` is its name, or its address in a registry."""
    group, versions = _DEFINITIONS.get(chart.rpartition("/")[2], ("", {}))
    for version, kinds in versions.items():
        for kind in kinds:
            plural = kind.lower() + ("es" if kind.endswith("s") else "s")
            schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
            yield {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": f"{plural}.{group}"},
                "spec": {
                    "group": group,
                    "names": {"kind": kind, "plural": plural},
                    "scope": "Namespaced",
                    "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
                },
            }


def _kept(inputs: Mapping[str, Any], revision: int) -> Object:
    content = {key: inputs.get(key) for key in ("chart", "version", "values")}
    return {
        **_named(inputs, revision),
        "type": "helm.sh/release.v1",
        "stringData": {"release": json.dumps(content, sort_keys=True)},
    }


def _named(inputs: Mapping[str, Any], revision: int) -> Object:
    name = f"sh.helm.release.v1.{inputs['name']}.v{revision}"
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": _namespace(inputs)}}


def _namespace(inputs: Mapping[str, Any]) -> str:
    return inputs.get("namespace") or "default"


def _ignoring_present(client: Client, wanted: Object) -> None:
    try:
        client.create(wanted)
    except RefusedError as error:
        if error.reason != "AlreadyExists":
            raise
