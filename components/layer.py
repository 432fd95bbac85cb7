"""Base class of every layer."""

from __future__ import annotations

import pulumi


class Layer(pulumi.ComponentResource):
    """A component resource with the type token `trading:<module>:<Name>`.

    Children take `self.child`, or `self.stateful` if deleting them would lose data: the engine then refuses to delete
    them until an operator removes the protection.
    """

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"trading:{kind}", name, None, opts)
        self.child = pulumi.ResourceOptions(parent=self)
        self.stateful = pulumi.ResourceOptions(parent=self, protect=True)

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that must be created after other resources to which no argument of it refers."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(resources))

    def in_primary_region(
        self, primary_side: pulumi.ProviderResource, *after: pulumi.Resource
    ) -> pulumi.ResourceOptions:
        """Options of a child that the recovery stack declares in the primary's region.

        The child is retained when the stack stops declaring it: a stack that takes over removes it from its state
        without a call to the lost region.
        """
        return pulumi.ResourceOptions(parent=self, provider=primary_side, retain_on_delete=True, depends_on=list(after))
