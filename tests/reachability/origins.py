"""Where hosts, pods, tasks, functions and builds fetch images, packages and charts from.

Every string of every resource is read: addresses, registries, and the commands of user data, build specifications,
Systems Manager documents and containers. What is not named here, with its reason, is fetched from elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import email
import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Resource
from tests.reachability.arns import ACCOUNT, region_of

_ROOT = Path(__file__).parents[2]
_URL = re.compile(r"\b(?:https?|oci|git|ssh|ftp)://([^\s/\"'<>\\)#?,]+)")
# Hosts that serve images, wherever a text names them (OCI Distribution Specification: a reference begins with a host).
_REGISTRY = re.compile(
    r"(?<![\w.@-])((?:[a-z0-9-]+\.)*(?:docker\.io|quay\.io|ghcr\.io|gcr\.io|registry\.k8s\.io"
    r"|pkg\.dev|azurecr\.io|mcr\.microsoft\.com|nvcr\.io|registry\.gitlab\.com|public\.ecr\.aws"
    r"|dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)))(?=[/:\s\"']|$)"
)
_TOOLS = (
    "apk|apt|apt-get|aptitude|cargo|conda|crictl|ctr|curl|dnf|docker|gem|git|go|helm|microdnf|nerdctl|npm|npx|"
    "pip|pip3|pipx|podman|rpm|skopeo|uv|wget|yarn|yum|zypper"
)
_COMMAND = re.compile(rf"(?:^|[\s;&|(`\"']|-m )(?:/usr/bin/|/bin/)?(?P<command>(?:{_TOOLS})\s[^\n;&|`]*)", re.MULTILINE)
_SCRIPTS = re.compile(
    r"userData|buildspec|command|entryPoint|args|content|runCommand|containerDefinitions", re.IGNORECASE
)


@dataclass(frozen=True)
class Permitted:
    """A pattern of hosts or commands, and why it leaves no takeover dependent on another server."""

    pattern: str
    reason: str


HOSTS = (
    Permitted(rf"{ACCOUNT}\.dkr\.ecr\.{{region}}\.amazonaws\.com", "the platform's own registry in the region"),
    Permitted(r"169\.254\.(169\.254|170\.2|170\.23)", "metadata and credentials, on the host itself"),
    Permitted(r"{region}\.console\.aws\.amazon\.com", "a link for people, which no program follows"),
    Permitted(
        r"identity\.trading\.example",
        "the issuer that a token must name; its keys come with the settings, and nothing is fetched from there",
    ),
)
COMMANDS = (
    Permitted(
        r"dnf install [^/:]*",
        "packages of Amazon Linux come from its bucket in the region, by the S3 endpoint (Amazon Linux 2023 User "
        "Guide, 'Deterministic upgrades through versioned repositories')",
    ),
    Permitted(
        r"curl .*(http://169\.254\.169\.254/|\"\$metadata/).*",
        "the instance's own metadata; the address in the variable is among the hosts above",
    ),
)


def foreign_origins(stack: Blueprint) -> Iterator[str]:
    """Hosts and commands that fetch from elsewhere than the permitted origins."""
    region = region_of(stack)
    hosts = [re.compile(each.pattern.replace("{region}", re.escape(region))) for each in HOSTS]
    commands = [re.compile(each.pattern, re.DOTALL) for each in COMMANDS]
    for resource in stack.resources:
        for path, text in _texts(resource):
            name = f"{resource.type.rpartition(':')[2]} {resource.name}{path}"
            for host in {*_URL.findall(text), *_REGISTRY.findall(text)}:
                bare = host.rpartition("@")[2].partition(":")[0]
                if not bare.startswith("$") and not any(each.fullmatch(bare) for each in hosts):
                    yield f"{name}: {host} is not a permitted origin"
            if _SCRIPTS.search(path):
                for command in _commands(text):
                    if not any(each.fullmatch(command) for each in commands):
                        yield f"{name}: `{command}` fetches from elsewhere"


def _commands(text: str) -> Iterator[str]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for match in _COMMAND.finditer("\n".join(lines).replace("\\\n", " ")):
        yield " ".join(match["command"].split())


def _texts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Every string of a resource, decoded, with the path of its property."""
    for path, text in _strings(dict(resource.properties)):
        if path.endswith("buildspec") and text.startswith("delivery/"):
            yield path, (_ROOT / text).read_text(encoding="utf-8")
        yield from ((path, each) for each in _decoded(text))


def _strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        yield from _image(value, path)
        for key, inner in value.items():
            yield from _strings(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        if value and all(isinstance(each, str) for each in value):
            # The words of a command stand in a list.
            yield path, " ".join(value)
        for inner in value:
            yield from _strings(inner, path)


def _image(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """A reference that values of charts write in parts; without a registry it is Docker Hub's."""
    if isinstance(value.get("repository"), str) and "tag" in value:
        registry = value.get("registry") or ""
        reference = f"{registry}/{value['repository']}" if registry else value["repository"]
        hub = "" if "." in reference.split("/")[0] or reference.startswith("$") else "docker.io/"
        yield f"{path}.repository", f"{hub}{reference}"


def _decoded(text: str) -> Iterator[str]:
    """The text, and what it holds in base64, compressed, or as parts of a MIME message."""
    yield text
    if len(text) < 32 or not re.fullmatch(r"[A-Za-z0-9+/\s]+=*", text):
        return
    try:
        raw = base64.b64decode(text, validate=False)
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
        inner = raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, OSError, EOFError):
        return
    yield inner
    if inner.startswith(("MIME-Version", "Content-Type: multipart")):
        for part in email.message_from_string(inner).walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", errors="replace")
