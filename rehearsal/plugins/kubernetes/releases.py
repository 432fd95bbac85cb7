"""Helm releases: what Helm keeps of one in the cluster, and the kinds that its chart brings.

Charts are not rendered: no repository of charts can be reached. Helm keeps a release as a secret for each revision
(https://helm.sh/docs/topics/kubernetes_apis/ and "Storage backends" of https://helm.sh/docs/topics/advanced/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.plugins.kubernetes.client import Client, Object, RefusedError

TOKEN = "kubernetes:helm.sh/v3:Release"
LIMIT = "Helm charts are not rendered: a release is kept with its values, and brings the definitions of its chart"

# Definitions in charts/crds of github.com/prometheus-community/helm-charts (kube-prometheus-stack).
_MONITORING = {
    "v1": ("Alertmanager", "PodMonitor", "Probe", "Prometheus", "PrometheusRule", "ServiceMonitor", "ThanosRuler"),
    "v1alpha1": ("AlertmanagerConfig", "PrometheusAgent", "ScrapeConfig"),
}
_DEFINITIONS = {"kube-prometheus-stack": ("monitoring.coreos.com", _MONITORING)}


def install(client: Client, inputs: Mapping[str, Any], revision: int) -> None:
    """Keep a revision of a release, with the definitions of its chart."""
    if revision == 1 and inputs.get("createNamespace"):
        _ignoring_present(client, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _namespace(inputs)}})
    for definition in definitions(str(inputs.get("chart"))):
        _ignoring_present(client, definition)
    client.create(_kept(inputs, revision))


def latest(client: Client, inputs: Mapping[str, Any], at_least: int) -> int | None:
    """The newest revision that is kept, from the one that is known on; None when there is none."""
    if client.read(_named(inputs, at_least)) is None:
        return None
    while client.read(_named(inputs, at_least + 1)) is not None:
        at_least += 1
    return at_least


def remove(client: Client, inputs: Mapping[str, Any], revision: int) -> None:
    """Forget all revisions. Definitions stay, as Helm leaves them."""
    for number in range(1, revision + 1):
        client.delete(_named(inputs, number))


def status(inputs: Mapping[str, Any], revision: int) -> dict[str, Any]:
    """The output `status` of a release."""
    return {
        "status": "deployed",
        "name": inputs["name"],
        "namespace": _namespace(inputs),
        "chart": inputs.get("chart"),
        "version": inputs.get("version"),
        "revision": revision,
    }


def definitions(chart: str) -> Iterator[Object]:
    """The custom resources that a chart defines; `chart` is its name, or its address in a registry."""
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
