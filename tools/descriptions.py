"""What is made of the fragments in the addons' readme/: the apps' descriptions and CHANGELOG.md."""

import html
import re
from pathlib import Path

from markdown_it import MarkdownIt

from tools import addons
from tools.addons import Addon
from tools.paths import ROOT

CHAPTERS = (("CONFIGURE", "Configuration"), ("USAGE", "Usage"), ("HISTORY", "Changes"))
CHANGELOG = ROOT / "CHANGELOG.md"
CHANGELOG_HEAD = """\
# Changes

What is new in each release. The format follows *Keep a Changelog*; version numbers are those of
Odoo's addons (`19.0.major.minor.patch`), each addon having its own. Written by `make docs` from
the file `readme/HISTORY.md` of each addon.
"""
PAGE = """\
<section class="oe_container">
  <div class="row">
    <div class="col-12">
<img src="banner.png" alt="{name}: {summary}" class="img img-fluid" />
<h1>{name}</h1>
{body}
    </div>
  </div>
</section>
"""
PICTURE = (
    '<p><img src="{file}" alt="{alt}" class="img img-fluid border rounded" /></p>\n'
)


def write() -> list[Path]:
    """Write all that is generated, and return the files that changed."""
    changed = []
    for path, text in expected().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def expected() -> dict[Path, str]:
    """Give the generated files and what is to be in them."""
    ours = addons.ours()
    files = {
        addon.path / "static/description/index.html": describe(addon) for addon in ours
    }
    return {**files, CHANGELOG: changelog(ours)}


def describe(addon: Addon) -> str:
    """Make an addon's description for Odoo's list of apps."""
    markdown = MarkdownIt("commonmark").enable("table")
    name = html.escape(addon.manifest["name"])
    parts = [markdown.render(_fragment(addon, "DESCRIPTION"))]
    parts += [
        PICTURE.format(file=path.name, alt=f"{name}: {path.stem}")
        for path in pictures(addon)
    ]
    for fragment, title in CHAPTERS:
        text = _one_level_down(_fragment(addon, fragment))
        parts.append(f"<h2>{title}</h2>\n{markdown.render(text)}")
    return PAGE.format(
        name=name,
        summary=html.escape(addon.manifest["summary"]),
        body="\n".join(parts),
    )


def pictures(addon: Addon) -> list[Path]:
    """Find the pictures of an addon's description, beside icon and banner."""
    folder = addon.path / "static/description"
    return sorted(
        path for path in folder.glob("*.png") if path.stem not in ("icon", "banner")
    )


def changelog(chosen: list[Addon]) -> str:
    """Put the addons' histories together, newest release first."""
    releases: dict[str, list[str]] = {}
    for addon in chosen:
        history = _fragment(addon, "HISTORY")
        for version, text in re.findall(
            r"^## (\S+)\n(.*?)(?=^## |\Z)", history, re.MULTILINE | re.DOTALL
        ):
            entry = f"### {addon.manifest['name']}\n\n{text.strip()}\n"
            releases.setdefault(version, []).append(entry)
    newest_first = sorted(releases, key=_version, reverse=True)
    return "\n".join(
        [
            CHANGELOG_HEAD,
            *(
                f"## {version}\n\n" + "\n".join(releases[version])
                for version in newest_first
            ),
        ]
    )


def _version(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]


def _fragment(addon: Addon, name: str) -> str:
    return (addon.path / "readme" / f"{name}.md").read_text(encoding="utf-8")


def _one_level_down(text: str) -> str:
    return re.sub(r"^(#+ )", r"#\1", text, flags=re.MULTILINE)
