"""Write the schema of the settings into Pulumi.yaml: `python -m components.settings`."""

from pathlib import Path

from components.settings.schema import project_file

if __name__ == "__main__":
    Path("Pulumi.yaml").write_text(project_file(), encoding="utf-8")
