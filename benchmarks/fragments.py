"""Do the links of bullets lead to their sentences? A table over saved pages, asked of a real Chromium.

    python -m benchmarks.fragments ../shared/data/pages/pages.jsonl [--every 2] [--show]

Reads JSON lines with `file` (in `pages.tar.gz` beside it), `url` and `origin`. Each page is extracted and condensed as
the service does; then it is opened at each bullet's link, with nothing else to fetch and scripts refused, and put in
the middle of so much white that every sentence of it can be scrolled to. Reached: the sentence begins in the window's
middle. Elsewhere: it does not. Nowhere: the window did not move, as the browser found no such words. `--show` prints
every bullet that was not reached.
"""

import argparse
import gzip
import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bot.domain.errors import SourceError
from bot.domain.models import Bullet
from bot.feeds.extract import extract_page
from bot.summarize.bullets import condense

SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WHITE = b"<style>html{padding:3000px 0 5000px !important}</style>"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
BULLETS = 3
OUTCOMES = ("reached", "elsewhere", "nowhere", "no link")

SEEN = r"""(wanted) => {
    const nodes = [], starts = [], blocks = new Map();
    const blockOf = (element) => {
        if (!blocks.has(element)) {
            const within = element.parentElement && getComputedStyle(element).display.startsWith("inline");
            blocks.set(element, within ? blockOf(element.parentElement) : element);
        }
        return blocks.get(element);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let whole = "", block = null;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (parent.closest("script,style,noscript,template") || !parent.getClientRects().length) continue;
        if (blockOf(parent) !== block) whole += " ";
        block = blockOf(parent);
        nodes.push(node);
        starts.push(whole.length);
        whole += node.data;
    }
    const letters = [], at = [];
    for (let i = 0; i < whole.length; i++) {
        const letter = /\s/.test(whole[i]) ? " " : whole[i];
        if (letter === " " && letters[letters.length - 1] === " ") continue;
        if (/[\u00ad\u200b-\u200f\ufeff]/.test(letter)) continue;
        letters.push(letter);
        at.push(i);
    }
    const folded = letters.join(""), middle = innerHeight / 2, found = [];
    const place = (offset) => {
        let n = starts.findLastIndex((start) => start <= offset);
        return [nodes[n], Math.min(offset - starts[n], nodes[n].data.length)];
    };
    for (let i = folded.indexOf(wanted); i >= 0; i = folded.indexOf(wanted, i + 1)) {
        const range = document.createRange(), last = place(at[i + wanted.length - 1]);
        range.setStart(...place(at[i]));
        range.setEnd(last[0], Math.min(last[1] + 1, last[0].data.length));
        found.push(range.getBoundingClientRect().top - middle);
    }
    return {moved: scrollY > 0, away: found};
}"""
"""How far the first line of each place that has the words is from the window's middle, where it is put, in pixels."""
NEAR_PX = 12
SETTLED = """new Promise(done => {
    let last = -1;
    const look = () => (scrollY === last ? done() : ((last = scrollY), setTimeout(look, 150)));
    setTimeout(look, 150);
})"""
"""Resolves when the window has stopped moving: some pages scroll slowly."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A page as it came, and its bullets; `url` without a fragment of its own."""

    name: str
    origin: str
    url: str
    html: bytes
    language: str | None
    bullets: tuple[Bullet, ...]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th page")
    parser.add_argument("--show", action="store_true", help="print the bullets that were not reached")
    asked = parser.parse_args()
    counts: dict[str, Counter[str]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=SWITCHES)
        for saved in read(asked.file, asked.every):
            page = opened(browser, saved)
            for bullet in saved.bullets:
                found = outcome(page, bullet)
                for group in ("all", saved.origin, saved.language or "?"):
                    counts.setdefault(group, Counter()).update([found, "bullets"])
                if asked.show and found != "reached":
                    print(f"{found}: {saved.name} {bullet.text}\n    {bullet.link}", flush=True)
            page.context.close()
        browser.close()
    _print(counts)


def read(path: Path, every: int) -> Iterator[Saved]:
    """Each `every`-th of the pages, those of them that have an article, condensed."""
    with tarfile.open(path.with_suffix(".tar.gz")) as archive:
        for line in path.read_text(encoding="utf-8").splitlines()[::every]:
            row = json.loads(line)
            kept = archive.extractfile(row["file"])
            html = gzip.decompress(kept.read()) if kept else b""
            url = row.get("url") or f"https://news.example/{Path(row['file']).stem}"
            try:
                page = extract_page(html, url=url)
            except SourceError:
                continue
            found = condense(page.text, title=page.title, language=page.language, count=BULLETS, address=url)
            yield Saved(row["file"], row["origin"], url, html, found.language, found.bullets)


def opened(browser: Any, saved: Saved) -> Any:
    """A page of the browser that gets this saved one whatever it asks for first."""
    page = browser.new_context(viewport={"width": 1000, "height": 700}).new_page()
    page.route("**/*", lambda route: serve(route, saved))
    return page


def outcome(page: Any, bullet: Bullet) -> str:
    """One of OUTCOMES; `page` serves what the bullet was taken from."""
    if not bullet.link:
        return "no link"
    page.goto("about:blank")
    page.goto(bullet.link, wait_until="domcontentloaded")
    page.evaluate(SETTLED)
    seen = page.evaluate(SEEN, bullet.text)
    if any(abs(away) <= NEAR_PX for away in seen["away"]):
        return "reached"
    return "elsewhere" if seen["moved"] else "nowhere"


def serve(route: Any, saved: Saved) -> None:
    """The page for the first thing asked, nothing for the rest."""
    if route.request.is_navigation_request() and not route.request.frame.parent_frame:
        route.fulfill(**answer(saved.html))
    else:
        route.abort()


def answer(html: bytes) -> dict[str, Any]:
    """What the browser is given for a page: as it was saved, white around it, and a policy that lets nothing run."""
    try:
        html.decode("utf-8")
        kind = "text/html; charset=utf-8"
    except UnicodeDecodeError:
        kind = "text/html"
    return {"body": html + WHITE, "headers": {"Content-Type": kind, "Content-Security-Policy": POLICY}}


def _print(counts: dict[str, Counter[str]]) -> None:
    print(f"{'':12}{'bullets':>8}" + "".join(f"{name:>11}" for name in OUTCOMES))
    for group, found in sorted(counts.items(), key=lambda each: -each[1]["bullets"]):
        print(f"{group:12}{found['bullets']:>8}" + "".join(f"{found[name]:>11}" for name in OUTCOMES))


if __name__ == "__main__":
    main()
