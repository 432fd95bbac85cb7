"""What every layer has in common."""

from __future__ import annotations

import pulumi


class Layer(pulumi.ComponentResource):
    """A part of the platform with the type token `trading:<module>:<Name>`.

    Children take `self.child`, or `self.stateful` when losing them loses data: the engine then refuses to
    delete them until a person lifts the protection.
    """

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"trading:{kind}", name, None, opts)
        self.child = pulumi.ResourceOptions(parent=self)
        self.stateful = pulumi.ResourceOptions(parent=self, protect=True)

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that needs other resources first, though no argument of it names them."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(resources))

    def there(self, primary_side: pulumi.ProviderResource, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that the recovery stack declares in the primary's region.

        It is retained when the stack stops declaring it, so that a stack that takes over drops it from its
        state without a call to the lost region.
        """
        return pulumi.ResourceOptions(parent=self, provider=primary_side, retain_on_delete=True, depends_on=list(after))
