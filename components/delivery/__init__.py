"""The delivery layer: pipeline, builds and approvals that deploy a change of the program to both stacks."""
