"""`python -m runbook VERB`."""

from runbook.cli import app

app(prog_name="python -m runbook")
