"""The Kubernetes API of the cluster that a kubeconfig names."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aws_emulator.kubernetes.middleware import PATH

Object = dict[str, Any]
_SECONDS = 60
_DRY_RUN = {"dryRun": "All"}


class UnreachableError(Exception):
    """The cluster's API does not answer; the message is one line."""


class RefusedError(Exception):
    """The API refuses; `reason` is its word for it, such as NotFound."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Client:
    """Calls of one cluster's API. Raises `UnreachableError` and `RefusedError`."""

    region: str
    cluster: str

    @classmethod
    def of(cls, kubeconfig: str) -> Client:
        """The cluster that the kubeconfig's command gets a token for. Raises ValueError."""
        try:
            read = yaml.safe_load(kubeconfig)
            (user,) = (entry["user"] for entry in read["users"])
            arguments = user["exec"]["args"]
            return cls(_after(arguments, "--region"), _after(arguments, "--cluster-name"))
        except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                "kubeconfig: names no cluster of EKS; give one user whose command is `aws eks get-token` with "
                "--region and --cluster-name"
            ) from error

    def version(self) -> str:
        """The cluster's version, such as v1.35.0."""
        return str(self._call("GET", "version")["gitVersion"])

    def create(self, wanted: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        """Add an object."""
        return self._call("POST", "objects", _DRY_RUN if dry_run else {}, wanted)

    def replace(self, wanted: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        """Give an object another content."""
        return self._call("PUT", "objects", _DRY_RUN if dry_run else {}, wanted)

    def read(self, wanted: Mapping[str, Any]) -> Object | None:
        """An object as it is now; None when it is gone."""
        try:
            return self._call("GET", "objects", _named(wanted))
        except RefusedError as error:
            if error.reason == "NotFound":
                return None
            raise

    def delete(self, wanted: Mapping[str, Any]) -> None:
        """Remove an object; one that is gone already is no error."""
        try:
            self._call("DELETE", "objects", _named(wanted))
        except RefusedError as error:
            if error.reason != "NotFound":
                raise

    def _call(self, method: str, what: str, query: Mapping[str, str] | None = None, body: Any = None) -> Object:
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if not endpoint:
            raise UnreachableError(
                "AWS_ENDPOINT_URL is not set; this plugin knows the clusters of an in-memory AWS alone"
            )
        url = f"{endpoint}{PATH}/{self.region}/{self.cluster}/{what}" + (f"?{urlencode(query)}" if query else "")
        request = AWSRequest(method, url, data=json.dumps(body).encode() if body is not None else None)
        SigV4Auth(Credentials("rehearsal", "rehearsal"), "eks", self.region).add_auth(request)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        sent = urllib.request.Request(url, data=request.data, headers=dict(request.headers), method=method)
        try:
            with direct.open(sent, timeout=_SECONDS) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            said = json.loads(error.read() or b"{}")
            reason, message = said.get("reason", "Unknown"), said.get("message", str(error))
            if reason == "ServiceUnavailable":
                raise UnreachableError(f"cluster {self.cluster} is unreachable: {message}") from error
            raise RefusedError(reason, message) from error
        except OSError as error:
            raise UnreachableError(f"cluster {self.cluster} in {self.region} is unreachable: {error}") from error


def _after(arguments: list[str], option: str) -> str:
    return arguments[arguments.index(option) + 1]


def _named(wanted: Mapping[str, Any]) -> dict[str, str]:
    metadata = wanted["metadata"]
    return {
        "apiVersion": wanted["apiVersion"],
        "kind": wanted["kind"],
        "namespace": metadata.get("namespace") or "",
        "name": metadata["name"],
    }
