"""`pulumi-resource-aws`: an adapter between the engine and the installed Terraform AWS provider.

It serves the engine's ResourceProvider and calls the provider's `tfplugin5`. Names and structures of values follow
`rehearsal.lowering`.
"""
