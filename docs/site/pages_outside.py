"""Hook of MkDocs: pages that lie outside docs/, and links that lead there.

The README is the first page of the site, and some folders have a page of their own. A link to a page of the site leads
to that page. A link to another file of the repository leads to `repo_url` where mkdocs.yml has one; without it the text
stays and the link is left out, because the site holds no sources.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "policy/README.md": "policy-pack.md",
}
"""Pages outside docs/: path in the repository and path in the site."""
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_OUTSIDE = ("http://", "https://", "mailto:", "#")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of `PAGES` to those of docs/."""
    for source, target in PAGES.items():
        files.append(File.generated(config, target, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with each link made relative to its place in the site."""
    source = next((path for path, target in PAGES.items() if target == page.file.src_uri), f"docs/{page.file.src_uri}")

    def rewritten(match: re.Match[str]) -> str:
        picture, text, link = match.groups()
        if link.startswith(_OUTSIDE):
            return match[0]
        path, hash_, anchor = link.partition("#")
        in_repository = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        in_site = PAGES.get(in_repository, in_repository.removeprefix("docs/"))
        if files.get_file_from_path(in_site) and (in_repository in PAGES or in_repository.startswith("docs/")):
            relative = posixpath.relpath(in_site, posixpath.dirname(page.file.src_uri) or ".")
            return f"{picture}[{text}]({relative}{hash_}{anchor})"
        if config.repo_url:
            return f"[{text}]({config.repo_url.rstrip('/')}/blob/main/{in_repository}{hash_}{anchor})"
        return text

    return _LINK.sub(rewritten, markdown)
