"""The delivery layer: from a change of the program to both stacks, by way of tests, a preview and an approval."""
