"""Whether an account offers what a stack needs, asked before `pulumi up` with read-only calls.

`declared` reads a recorded stack, `checks` derive questions from it, `account` holds the AWS clients, `run` asks all
questions side by side, `show` prints the findings. `python -m preflight primary|dr` is the command.
"""
