"""Two ways in: `python -m policy` is the command, and `--policy-pack policy` lets the engine run this folder."""

import sys
from pathlib import Path

if __package__:
    from policy.command import app

    app(prog_name="policy")
else:
    # The engine runs the folder as a program of its own, so that it must be made a package first.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

    from policy.pack import serve

    serve()
