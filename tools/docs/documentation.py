"""Builds the documentation into out/site/docs; fails for a warning, a broken link, a request to another host.

The pages of docs/ are copied to out/docs. There a link to a file elsewhere in the repository leads to a page that
shows that file. mkdocs.yml has the navigation.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[2]
DOCS, STAGED, SITE = ROOT / "docs", ROOT / "out" / "docs", ROOT / "out" / "site" / "docs"
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")  # of the root
PARTS = {  # from npm, and where they are in the site: the search of a page on a disk, and the font of formulas
    ROOT / "node_modules/iframe-worker/shim/index.js": SITE / "assets/javascripts/iframe-worker.js",
    ROOT / "node_modules/@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2":
        SITE / "assets/fonts/stix-two-math.woff2",
}  # fmt: skip
SHIM = "https://unpkg.com/iframe-worker/shim"  # where the generator would load the first from
ZOO = "https://zoo.invalid/"  # stands in mkdocs.yml for the static zoo, whose folder holds that of the documentation
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".cff": "yaml"}
LARGE = 100_000  # bytes; a larger file is offered as it is

# <img> by the switch of the page, where GitHub would choose by the system.
PICTURE = re.compile(r'<picture><source media="[^"]*" srcset="([^"]+)"><img src="([^"]+)"([^>]*)></picture>')
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
SOURCE = re.compile(r'(?<=src=")(?!\w+:)([^"#]+)')
FENCED = re.compile(r"^(`{3,})[^\n]*\n.*?^\1`*$", re.MULTILINE | re.DOTALL)


def stage() -> None:
    """Copy docs/ and the pages of the root to out/docs, and the files that they link to."""
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(DOCS, STAGED)
    linked: set[Path] = set()
    for page in [*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb"), *(ROOT / name for name in PAGES)]:
        target = STAGED / _place(page)
        target.parent.mkdir(exist_ok=True)
        text = _notebook(page, target) if page.suffix == ".ipynb" else page.read_text("utf-8")
        target.write_text(_relinked(text, page, linked), "utf-8")
    for file in sorted(linked):
        _show(file)
    style = STAGED / "css" / "site.css"
    style.write_text(_colours() + style.read_text("utf-8"), "utf-8")


def _colours() -> str:
    """The blue of the app for links, of each theme."""
    blue = json.loads((ROOT / "src" / "seqzoo" / "_palette.json").read_text("utf-8"))["colours"]["blue"]
    scheme = '[data-md-color-scheme="{}"][data-md-color-primary]'
    rule = scheme + " {{ --md-accent-fg-color: {}; --md-typeset-a-color: {}; }}\n"
    return rule.format("default", blue[0], blue[0]) + rule.format("slate", blue[1], blue[1])


def _place(path: Path) -> Path:
    """Where a file of the repository is in the documentation."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).with_suffix(".md" if path.suffix == ".ipynb" else path.suffix)
    if path.parent == ROOT and path.name in PAGES:
        return Path("project") / path.name
    place = Path("source") / path.relative_to(ROOT)
    return place if path.stat().st_size > LARGE else place.with_name(place.name + ".md")


def _notebook(page: Path, target: Path) -> str:
    """A notebook as Markdown: its texts, its code, what this printed and drew; then the notebook itself."""
    parts = []
    for cell in json.loads(page.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                picture = target.with_name(f"{target.stem}-{len(parts)}.png")
                picture.write_bytes(base64.b64decode("".join(data["image/png"])))
                parts.append(f'<img src="{picture.name}" alt="What the code draws">')
            else:
                text = "".join(output.get("text") or data.get("text/plain", ""))
                parts.append(f"```text\n{text.rstrip()}\n```")
    title, _, rest = "\n\n".join(parts).partition("\n")
    return f'{title}\n\n<a href="{page.name}" download>Download the notebook</a>\n{rest}\n'


def _relinked(text: str, page: Path, linked: set[Path]) -> str:
    """The text of a page with each relative link leading to where its target is in the documentation."""
    here = _place(page).parent

    def moved(found: re.Match[str]) -> str:
        if (STAGED / here / found[1]).is_file() and page.suffix == ".ipynb":
            return found[1]  # what the notebook drew
        path = Path(os.path.normpath(page.parent / found[1]))
        path = path / "README.md" if path.is_dir() else path
        if not path.is_file():
            raise SystemExit(f"{page.relative_to(ROOT)} links to {found[1]}, which does not exist.")
        if _place(path).parts[0] == "source":
            linked.add(path)
        return Path(os.path.relpath(_place(path), here)).as_posix()

    def relinked(text: str) -> str:
        text = PICTURE.sub(r'<img src="\2#only-light"\3><img src="\1#only-dark"\3>', text)
        return SOURCE.sub(moved, LINK.sub(moved, text))

    parts, end = [], 0
    for code in FENCED.finditer(text):
        parts += [relinked(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, relinked(text[end:])])


def _show(file: Path) -> None:
    """A page with the text of a file, which the search leaves out."""
    target = STAGED / _place(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix != ".md" or file.suffix == ".md":
        shutil.copy(file, target)
        return
    name, fence = file.relative_to(ROOT).as_posix(), "`" * 8
    text = file.read_text("utf-8").rstrip("\n")
    head = f"---\ntitle: {file.name}\nsearch:\n  exclude: true\n---\n\n# {file.name}\n\n`{name}`\n\n"
    target.write_text(f"{head}{fence}{LANGUAGES.get(file.suffix, 'text')}\n{text}\n{fence}\n", "utf-8")


def build() -> None:
    """Run the generator. It does not count as warnings what the reader of the docstrings prints."""
    shutil.rmtree(SITE, ignore_errors=True)
    command = [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    said = ran.stdout + ran.stderr
    print(said)
    uncounted = re.search("^(mkdocstrings|griffe|autorefs)", said, re.MULTILINE)
    if ran.returncode or uncounted or "No issues found" not in said:
        raise SystemExit("The documentation was not built without a warning.")
    for part, place in PARTS.items():
        if not part.is_file():
            raise SystemExit(f"{part.relative_to(ROOT)} is missing: install npm, then run npm ci.")
        place.parent.mkdir(exist_ok=True)
        shutil.copy(part, place)
    for page in SITE.rglob("*.html"):
        up = Path(os.path.relpath(SITE, page.parent)).as_posix()
        text = page.read_text("utf-8").replace(SHIM, f"{up}/assets/javascripts/iframe-worker.js")
        page.write_text(text.replace(ZOO, f"{up}/../index.html"), "utf-8")


class _Page(HTMLParser):
    """The names, links and loaded files of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {key: value or "" for key, value in attrs}
        self.names |= {facts[key] for key in ("id", "name") if key in facts}
        if tag == "a" and "href" in facts:
            self.links.append(facts["href"])
        elif tag == "link" and "href" in facts and facts.get("rel") not in ("canonical", "next", "prev", "alternate"):
            self.loaded.append(facts["href"])
        self.loaded += [facts[key].split(" ")[0] for key in ("src", "srcset") if facts.get(key)]


def check() -> list[str]:
    """What is wrong with the built pages: links that lead nowhere, files that another host would serve."""
    pages = {path.resolve(): _Page(path.read_text("utf-8")) for path in SITE.rglob("*.html")}
    faults = []
    for path, page in pages.items():
        name = path.relative_to(SITE)
        faults += [f"{name} loads {each}" for each in page.loaded if re.match(r"(\w+:)?//", each)]
        for link in [*page.links, *(each for each in page.loaded if not re.match(r"(\w+:)?//|data:", each))]:
            if re.match(r"\w+:", link):
                continue
            file, _, anchor = link.partition("#")
            target = path if not file else Path(os.path.normpath(path.parent / unquote(file.partition("?")[0])))
            target = target / "index.html" if target.is_dir() else target
            if target == SITE.parent / "index.html" or name == Path("404.html"):
                continue  # the static zoo; a page that is served at any depth
            if not target.is_file():
                faults.append(f"{name} links to {link}, which does not exist")
            elif anchor and target in pages and unquote(anchor) not in pages[target].names:
                faults.append(f"{name} links to {link}, which has no such anchor")
    for style in SITE.rglob("*.css"):
        faults += [f"{style.relative_to(SITE)} loads {each}" for each in
                   re.findall(r"url\([\"']?((?:https?:)?//[^)\"']+)", style.read_text("utf-8"))]  # fmt: skip
    return faults


def main() -> None:
    stage()
    build()
    if faults := check():
        raise SystemExit("\n".join(faults))
    print(f"{len(list(SITE.rglob('*.html')))} pages; open {SITE.relative_to(ROOT) / 'index.html'}")


if __name__ == "__main__":
    main()
