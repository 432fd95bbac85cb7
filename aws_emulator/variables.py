"""The variables that make any AWS client speak to the in-memory AWS and to nothing else."""

from __future__ import annotations

import os

from aws_emulator.outage import INSIDE_APP_ID


def client_variables(endpoint: str, region: str, inside: str | None = None) -> dict[str, str]:
    """For a client of `region` at `endpoint`; `inside` names the region in which it stands, for the outage mode
    `cut-off`. The user's own AWS files are shut out."""
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # S3 Control puts the account id before the host name, which no resolver knows: a client that takes this
        # server for its proxy does not look it up. All else goes directly, so that a lost region looks like a
        # closed connection and not like a broken proxy. (Python leaves S3 Control out too: a boto3 client of it
        # needs Config(inject_host_prefix=False).)
        "HTTP_PROXY": endpoint,
        "http_proxy": endpoint,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    if inside:
        app_id = f"{INSIDE_APP_ID}{inside}"
        variables |= {"AWS_SDK_UA_APP_ID": app_id, "TF_APPEND_USER_AGENT": f"app/{app_id}"}
    return variables
