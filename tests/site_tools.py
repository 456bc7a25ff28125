"""The web's own tools on the built site: axe-core, the Nu Html Checker and Lighthouse.

They come from npm into `_build/site-tools`; neither the book nor its tests need them. What is
missing on a machine is left out, and said.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from collections import Counter
from functools import lru_cache
from pathlib import Path

from pages import BROWSER, FLAGS, ROOT
from playwright.sync_api import Page

FOLDER = ROOT / "_build" / "site-tools"
MODULES = FOLDER / "node_modules"
TOOLS = ("axe-core@4.14.1", "lighthouse@12.8.2", "vnu-jar@26.9.27")

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3  # times Lighthouse looks: it answers what the machine has time for

AXE = """async () => {
  const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const rules = { 'label-content-name-mismatch': { enabled: true } };
  const { violations } = await axe.run(document, { runOnly, rules });
  return violations.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 90)}`);
}"""

OLD = ("“scriptlevel” not allowed on element “mtable”", "“displaystyle” not allowed on element")
"""The checker knows MathML 3; in MathML Core all elements have these attributes."""


def install() -> str:
    """Install the tools; return why they are missing, or nothing."""
    if shutil.which("npm") is None:
        return "axe, vnu and Lighthouse are left out: npm is not installed"
    if all((MODULES / tool.rsplit("@", 1)[0]).exists() for tool in TOOLS):
        return ""
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = ["--no-save", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
    done = subprocess.run(["npm", "install", *options, *TOOLS], capture_output=True, text=True)
    return done.stderr.strip().split("\n")[-1] if done.returncode else ""


@lru_cache(maxsize=1)
def axe_source() -> str:
    return (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf8")


def axe(page: Page) -> list[str]:
    """Return what axe-core finds on an open page, a line to each rule."""
    page.evaluate(f"{axe_source()};0")
    found: list[str] = page.evaluate(AXE)
    return found


def vnu(site: Path, paths: list[str]) -> Counter[str] | None:
    """Count errors in the markup of pages, or return None where Java is missing."""
    if shutil.which("java") is None:
        return None
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    files = [str(site / path) for path in paths]
    command = ["java", "-jar", str(jar), "--errors-only", "--format", "json", *files]
    told = json.loads(subprocess.run(command, capture_output=True, text=True).stderr)
    wrong = [m for m in told["messages"] if not any(old in m["message"] for old in OLD)]
    return Counter(m["url"].split(f"{site.name}/", 1)[1] for m in wrong)


def lighthouse(address: str) -> dict[str, float]:
    """Return the medians of Lighthouse's scores on a phone, LCP in seconds and CLS beside."""
    runs = [look(address) for _ in range(RUNS)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def look(address: str) -> dict[str, float]:
    """Run Lighthouse once."""
    script = MODULES / "lighthouse" / "cli" / "index.js"
    flags = [f"--chrome-flags={FLAGS}", "--output=json", "--quiet"]
    flags.append(f"--only-categories={','.join(CATEGORIES)}")
    environment = {"CHROME_PATH": str(BROWSER), "PATH": str(Path(str(shutil.which("node"))).parent)}
    done = subprocess.run(
        ["node", str(script), address, *flags], capture_output=True, text=True, env=environment
    )
    report = json.loads(done.stdout)
    audits = report["audits"]
    scores = {name: 100 * report["categories"][name]["score"] for name in CATEGORIES}
    lcp = audits["largest-contentful-paint"]["numericValue"] / 1000
    return scores | {"lcp": lcp, "cls": audits["cumulative-layout-shift"]["numericValue"]}
