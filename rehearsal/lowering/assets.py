"""Write assets and archives of the program as files that the provider can read."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Signatures with which the SDK sends an asset or an archive (pulumi/sdk, resource/properties).
_SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

# The earliest time that a zip entry can have, so that the same content gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def is_asset(value: Any) -> bool:
    """Return whether a property value is an asset or an archive."""
    return isinstance(value, Mapping) and value.get(_SIGNATURE_KEY) in (_ASSET, _ARCHIVE)


@dataclass(frozen=True)
class Packer:
    """Writes assets of the program to files under `folder`. Relative paths start at `root`."""

    root: Path
    folder: Path

    def pack(self, value: Mapping[str, Any]) -> str:
        """Return the path of a file with the asset's content. An archive becomes a zip file with reproducible bytes."""
        if value.get("path") and not (self.root / value["path"]).is_dir():
            return str(self.root / value["path"])
        entries = sorted(self._entries(value, ""))
        if value[_SIGNATURE_KEY] == _ASSET:
            return self._store(entries[0][1], "")
        return self._zip(entries)

    def _entries(self, value: Mapping[str, Any], name: str) -> Iterator[tuple[str, bytes]]:
        if "text" in value and value["text"] is not None:
            yield name, value["text"].encode()
        elif value.get("path"):
            path = self.root / value["path"]
            files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
            for file in files:
                inside = name if path.is_file() else "/".join(filter(None, (name, str(file.relative_to(path)))))
                yield inside, file.read_bytes()
        elif value.get("assets"):
            for inner, asset in value["assets"].items():
                yield from self._entries(asset, "/".join(filter(None, (name, inner))))
        else:
            raise ValueError(f"an asset {name!r} has neither text nor path; remote assets are not supported")

    def _zip(self, entries: list[tuple[str, bytes]]) -> str:
        digest = hashlib.sha256(b"".join(name.encode() + b"\0" + content for name, content in entries))
        target = self.folder / f"{digest.hexdigest()[:16]}.zip"
        if not target.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in entries:
                    info = zipfile.ZipInfo(name, _EPOCH)
                    info.external_attr = 0o644 << 16
                    archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        return str(target.resolve())

    def _store(self, content: bytes, suffix: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
        target.write_bytes(content)
        return str(target.resolve())
