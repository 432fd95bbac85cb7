"""The settings of one stack: read once, validated whole, frozen.

`Settings.from_config()` is the only reader of `pulumi.Config` in the project. The schema of every
setting (type, default, description) that stands in `Pulumi.yaml` is written from these models by
`python -m components.settings`.
"""

from components.settings.errors import SettingsError
from components.settings.regions import REGIONS, STRONG_REGION_SETS, Region
from components.settings.root import NAMESPACES, PROJECT, Role, Settings
from components.settings.sizes import Sizes

__all__ = [
    "NAMESPACES",
    "PROJECT",
    "REGIONS",
    "STRONG_REGION_SETS",
    "Region",
    "Role",
    "Settings",
    "SettingsError",
    "Sizes",
]
