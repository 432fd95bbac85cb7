"""User data of an engine's host: the tuning plan, the scripts that apply it, and their first run."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from components.latency.host_tuning.plan import HostPlan
from components.observability import buckets

# EC2 User Guide, "Run commands when you launch an EC2 instance with user data input": bytes before base64.
USER_DATA_LIMIT = 16384

_SCRIPTS = Path(__file__).parent / "scripts"
# Scripts by their name on the host.
SCRIPTS = ("kernel-offers", "tune-host", "validate-host", "ready-host", "drain-host")


@dataclass(frozen=True)
class Fleet:
    """The Auto Scaling group whose launch and termination hooks the host completes: names, region, and the timeout in
    seconds of the launch hook."""

    group: str
    launch_hook: str
    terminate_hook: str
    region: str
    readiness_seconds: int


def user_data(plan: HostPlan, fleet: Fleet | None) -> str:
    """Return the script that an instance runs once, at its first start. `fleet` is None for a host outside a fleet.

    Raises `ValueError` if the script exceeds EC2's limit.
    """
    text = "\n".join(
        [
            "#!/bin/bash",
            "# Written from the settings of the platform; a change replaces the host.",
            "set -euo pipefail",
            "install -d -m 0755 /etc/trading",
            _file("/etc/trading/host.env", _environment(plan, fleet), "0644"),
            *(_file(f"/usr/local/sbin/{name}", _without_comments(script(name)), "0755") for name in SCRIPTS),
            "/usr/local/sbin/tune-host persist",
            "systemctl reboot --no-block",
            "",
        ]
    )
    if len(text.encode()) > USER_DATA_LIMIT:
        raise ValueError(f"the user data has {len(text.encode())} bytes, EC2 accepts at most {USER_DATA_LIMIT}")
    return text


def script(name: str) -> str:
    """Return the text of one of `SCRIPTS`."""
    return (_SCRIPTS / f"{name}.sh").read_text(encoding="utf-8")


def _without_comments(text: str) -> str:
    """Return the script without comment lines, to stay below the size limit; the first line stays."""
    first, *lines = text.splitlines(keepends=True)
    return "".join((first, *(line for line in lines if not line.lstrip().startswith("#"))))


def _environment(plan: HostPlan, fleet: Fleet | None) -> str:
    of_the_fleet = {
        "FLEET_GROUP": fleet.group if fleet else "",
        "LAUNCH_HOOK": fleet.launch_hook if fleet else "",
        "TERMINATE_HOOK": fleet.terminate_hook if fleet else "",
        "AWS_REGION": fleet.region if fleet else "",
        "READINESS_SECONDS": str(fleet.readiness_seconds) if fleet else "0",
    }
    values = {**plan.environment, **of_the_fleet, **buckets.environment()}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def _file(path: str, content: str, mode: str) -> str:
    # The delimiter is quoted, so that the shell does not expand the content.
    end = f"END_OF_{path.rsplit('/', 1)[1].upper().replace('-', '_').replace('.', '_')}"
    return f"cat > {path} <<'{end}'\n{content}{end}\nchmod {mode} {path}"
