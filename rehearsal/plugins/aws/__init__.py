"""`pulumi-resource-aws` in front of the Terraform AWS provider that is on this machine.

One side is the engine's ResourceProvider, the other the provider's `tfplugin5`. Names and shapes are those that
`rehearsal.lowering` uses.
"""
