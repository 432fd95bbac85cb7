"""Serves the Kubernetes APIs of the in-memory AWS's clusters below one path.

A real cluster has an address of its own. Here it is `PATH/REGION/NAME`, and a request is signed for the region, as the
token of `aws eks get-token` is: a lost region takes its clusters' APIs along.

`GET version`, `POST objects`, `PUT objects`, and `GET` or `DELETE objects?apiVersion=&kind=&namespace=&name=`;
`dryRun=All` changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from aws_emulator.control import answered_as_json, body_of
from aws_emulator.kubernetes.errors import ApiError
from aws_emulator.kubernetes.objects import Cluster

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/_emulator/kubernetes"
_STATUS = {200: "200 OK", 201: "201 Created", 400: "400 Bad Request", 404: "404 Not Found", 409: "409 Conflict"}


class KubernetesMiddleware:
    """Answers below PATH; all else passes."""

    def __init__(self, application: WSGIApplication, account_id: str) -> None:
        self._application = application
        self._account_id = account_id
        self._lock = threading.Lock()
        # A cluster that is deleted takes its objects along.
        self._clusters: WeakKeyDictionary[Any, Cluster] = WeakKeyDictionary()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PATH + "/"):
            return self._application(environ, start_response)
        query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        try:
            region, name, what = path.removeprefix(PATH + "/").split("/")
            with self._lock:
                code, answer = self._answer(self._cluster(region, name), environ, what, query)
        except ApiError as error:
            code, answer = error.code, error.as_json()
        except (ValueError, KeyError, TypeError) as error:
            refused = ApiError(400, "BadRequest", f"{type(error).__name__}: {error}")
            code, answer = 400, refused.as_json()
        return answered_as_json(start_response, answer, _STATUS.get(code, f"{code} Refused"))

    def _answer(
        self, cluster: Cluster, environ: WSGIEnvironment, what: str, query: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        method = environ["REQUEST_METHOD"]
        dry_run = query.get("dryRun") == "All"
        if (method, what) == ("GET", "version"):
            major, minor = cluster.version.split(".")
            return 200, {"major": major, "minor": minor, "gitVersion": f"v{cluster.version}.0"}
        if what != "objects":
            raise ApiError(404, "NotFound", f"there is no {what}")
        if method == "POST":
            return 201, cluster.create(body_of(environ), dry_run=dry_run)
        if method == "PUT":
            return 200, cluster.replace(body_of(environ), dry_run=dry_run)
        named = (query["apiVersion"], query["kind"], query.get("namespace", ""), query["name"])
        if method == "DELETE":
            cluster.delete(*named)
            return 200, {"apiVersion": "v1", "kind": "Status", "status": "Success"}
        return 200, cluster.read(*named)

    def _cluster(self, region: str, name: str) -> Cluster:
        from moto.eks.models import eks_backends

        found = eks_backends[self._account_id][region].clusters.get(name)
        if found is None:
            raise ApiError(503, "ServiceUnavailable", f"there is no cluster {name} in {region}")
        if found not in self._clusters or self._clusters[found].version != found.version:
            present = self._clusters.get(found)
            if present is None:
                self._clusters[found] = Cluster(found.version)
            else:
                present.version = found.version
        return self._clusters[found]
