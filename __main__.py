"""One stack of the trading platform: reads its settings, declares its layers, exports its outputs."""

import pulumi

from components.exports import PrimaryExports, require_agreement, sizes_to_run
from components.platform import Platform
from components.settings import Settings


async def main() -> pulumi.Inputs:
    """Declare the stack that the configuration names."""
    settings = Settings.from_config()
    if settings.is_primary:
        return Platform(settings, primary=None).outputs
    reference = pulumi.StackReference(settings.general.primary_stack)
    await require_agreement(settings, reference)
    settings = settings.with_sizes(await sizes_to_run(settings, reference))
    return Platform(settings, PrimaryExports.of(reference)).outputs


pulumi.run(main)
