"""Run the in-memory AWS: `python -m aws_emulator --port 0 --ready FILE`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from aws_emulator.application import make_application
from aws_emulator.listener import CannotListenError, Ready, bind, end_with_parent, serve, write_ready
from aws_emulator.outage import Outages
from aws_emulator.server import ACCOUNT_ID
from aws_emulator.strict.mode import Mode


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end. Prints one line of JSON {"endpoint", "port", "pid"} when requests are
    accepted.
    """
    wanted = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    try:
        if wanted.with_parent:
            end_with_parent(wanted.with_parent)
        listening = bind(wanted.host, wanted.port)
    except CannotListenError as problem:
        print(f"aws_emulator: {problem}", file=sys.stderr)
        return 1

    def announce(ready: Ready) -> None:
        if wanted.ready:
            write_ready(wanted.ready, ready)
        print(ready.as_json(), flush=True)

    with listening:
        serve(make_application(wanted.account_id, Outages(), wanted.strict), listening, announce)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m aws_emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port (default: %(default)s)")
    parser.add_argument("--ready", type=Path, metavar="FILE", help="written whole once requests are accepted")
    parser.add_argument("--with-parent", type=int, metavar="PID", help="end when this process is gone")
    parser.add_argument("--account-id", default=ACCOUNT_ID, help="of the emulated account (default: %(default)s)")
    parser.add_argument(
        "--strict",
        type=Mode,
        choices=list(Mode),
        default=Mode.REFUSES,
        help="what to do with requests that AWS would refuse (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
