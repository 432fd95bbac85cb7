"""Write the schema of the settings into Pulumi.yaml and docs/settings.md: `python -m components.settings`."""

from pathlib import Path

from components.settings.reference import reference
from components.settings.schema import project_file

if __name__ == "__main__":
    Path("Pulumi.yaml").write_text(project_file(), encoding="utf-8")
    Path("docs/settings.md").write_text(reference(), encoding="utf-8")
