"""A drill on the minimal fixture that a newcomer watches in the terminal: `python -m rehearsal.demo`."""
