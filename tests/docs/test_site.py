"""The site that `make docs` makes: no warning, every page in a table of contents, nothing from a network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

MATHML = "{http://www.w3.org/1998/Math/MathML}"
COMMAND = re.search(r"\$\(BIN\)/sphinx-build (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"))


def build(source: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Make the site with the options that the Makefile has."""
    assert COMMAND
    options = COMMAND[1].replace("build/doctrees docs build/docs", "").split()
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            *options,
            str(folder / "doctrees"),
            str(source),
            str(folder / "site"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    done = build(ROOT / "docs", folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def trees(site: Path) -> dict[str, ET.Element]:
    """Every page of the site as a tree, by its path."""
    return {
        path.relative_to(site).as_posix(): html5lib.parse(
            path.read_text(encoding="utf-8"), namespaceHTMLElements=False
        )
        for path in sorted(site.rglob("*.html"))
    }


def test_every_page_of_docs_is_made(trees: dict[str, ET.Element]) -> None:
    pages = {
        path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in ROOT.glob("docs/**/*.md")
    }
    assert pages <= trees.keys()
    assert len(pages) > 15


def test_nothing_is_fetched_from_a_network(site: Path, trees: dict[str, ET.Element]) -> None:
    for name, tree in trees.items():
        for element in tree.iter():
            for key in ("src", "srcset", "data", "poster"):
                assert "//" not in element.get(key, ""), f"{name}: {element.tag}"
            if element.tag == "link":
                assert "//" not in element.get("href", ""), f"{name}: {element.attrib}"
    for sheet in site.rglob("*.css"):
        remote = re.findall(
            r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", sheet.read_text(encoding="utf-8")
        )
        assert remote == [], sheet.name


def test_links_and_files_within_the_site_are_there(site: Path, trees: dict[str, ET.Element]) -> None:
    missing = []
    for name, tree in trees.items():
        for element in tree.iter():
            target = element.get("href") or element.get("src") or ""
            file = target.split("#")[0].split("?")[0]
            if file and not re.match(r"(https?|mailto|data):", file):
                path = (site / name).parent / file
                if not path.is_file():
                    missing.append(f"{name}: {target}")
    assert missing == []


def test_pages_fit_a_phone_and_say_their_language(trees: dict[str, ET.Element]) -> None:
    for name, tree in trees.items():
        assert tree.get("lang") == "en", name
        views = [meta.get("content", "") for meta in tree.iter("meta") if meta.get("name") == "viewport"]
        assert any("width=device-width" in view for view in views), name


def test_formulas_are_mathml(trees: dict[str, ET.Element]) -> None:
    found = [element for tree in trees.values() for element in tree.iter() if element.tag == f"{MATHML}math"]
    assert len(found) > 20
    assert all(len(list(element.iter())) > 1 for element in found)
    left = [name for name, tree in trees.items() if re.search(r"\\frac|\\sum|\$\$", "".join(tree.itertext()))]
    assert left == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Home\n", "isn't included in any toctree"),
        ("# Home\n\n[nowhere](nowhere.md)\n\n```{toctree}\nlost\n```\n", "cross-reference target not found"),
        ("# Home\n\n$\\notaformula x$\n\n```{toctree}\nlost\n```\n", "not a formula"),
    ],
)
def test_a_page_outside_the_contents_and_other_faults_end_the_build(
    tmp_path: Path, text: str, said: str
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("conf.py", "_extensions", "_static"):
        (source / name).symlink_to(ROOT / "docs" / name)
    (source / "index.md").write_text(text, encoding="utf-8")
    (source / "lost.md").write_text("# Lost\n", encoding="utf-8")
    done = build(source, tmp_path)
    assert done.returncode != 0
    assert said in done.stderr
