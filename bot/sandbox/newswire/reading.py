"""Reads the content files into outlets, and refuses content that is incomplete.

`content/<outlet>.toml` holds an outlet and its articles, `content/running-order.txt` the order in which all articles
come out, one `outlet/slug` a line.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from bot.sandbox.newswire.model import LANGUAGES, Article, Block, FeedStyle, Outlet

CONTENT = Path(__file__).parent / "content"
ART = Path(__file__).parent / "static" / "art"

LEAST_PARAGRAPHS = 5

_OUTLET_FIELDS = ("name", "tagline", "language", "feed_style", "feed_file")
_ARTICLE_FIELDS = (
    "slug", "story", "headline", "teaser", "byline", "place", "section", "art", "caption", "body",
)  # fmt: skip
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ContentError(ValueError):
    """The content files are incomplete or contradict each other; one line a problem."""


def load(folder: Path = CONTENT) -> tuple[Outlet, ...]:
    """All outlets in the order of their file names.

    Raises:
        ContentError: a file is no TOML, or a field is missing, empty or impossible; each line names file and article.
    """
    outlets = tuple(_outlet(path) for path in sorted(folder.glob("*.toml")))
    slugs = Counter(article.slug for outlet in outlets for article in outlet.articles)
    twice = [f"two articles have the slug {slug}" for slug, count in slugs.items() if count > 1]
    _refuse(twice if outlets else [f"{folder} holds no outlets"])
    return outlets


def running_order(outlets: tuple[Outlet, ...], folder: Path = CONTENT) -> tuple[Article, ...]:
    """All articles in the order in which they come out.

    Raises:
        ContentError: an article is missing from `running-order.txt`, stands there twice, or does not exist.
    """
    known = {f"{outlet.slug}/{article.slug}": article for outlet in outlets for article in outlet.articles}
    lines = (folder / "running-order.txt").read_text("utf-8").splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    _refuse(
        [f"running-order.txt: no article {name}" for name in names if name not in known]
        + [f"running-order.txt: {name} stands there twice" for name, n in Counter(names).items() if n > 1]
        + [f"running-order.txt: {name} is missing" for name in known if name not in names]
    )
    return tuple(known[name] for name in names)


def _outlet(path: Path) -> Outlet:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{path.name}: {error}") from error
    articles = data.get("articles", [])
    _refuse(_missing(data, _OUTLET_FIELDS, path.name) + ([] if articles else [f"{path.name}: no articles"]))
    styles = [style.value for style in FeedStyle]
    _refuse([] if data["feed_style"] in styles else [f"{path.name}: feed_style is none of {', '.join(styles)}"])
    return Outlet(
        slug=path.stem,
        name=data["name"],
        tagline=data["tagline"],
        language=data["language"],
        feed_style=FeedStyle(data["feed_style"]),
        feed_file=data["feed_file"],
        articles=tuple(_article(article, path.stem, data["language"]) for article in articles),
        comments=tuple(data.get("comments", ())),
    )


def _article(data: Mapping[str, object], outlet: str, language: str) -> Article:
    where = f"{outlet}.toml: article {data.get('slug', '?')}"
    _refuse(_missing(data, _ARTICLE_FIELDS, where))
    texts = {name: " ".join(str(data[name]).split()) for name in _ARTICLE_FIELDS if name != "body"}
    texts["language"] = str(data.get("language", language))
    step = data.get("step", 1)
    body = _body(str(data["body"]))
    _refuse(_impossible(texts, step, body, where))
    return Article(
        outlet=outlet,
        step=step if isinstance(step, int) else 1,
        body=body,
        **texts,
    )


def _body(text: str) -> tuple[Block, ...]:
    """Paragraphs are separated by empty lines; one that begins with `# ` is a subhead."""
    chunks = (" ".join(chunk.split()) for chunk in re.split(r"\n\s*\n", text))
    return tuple(Block(chunk.removeprefix("# "), chunk.startswith("# ")) for chunk in chunks if chunk)


def _missing(data: Mapping[str, object], fields: tuple[str, ...], where: str) -> list[str]:
    return [
        f"{where}: {name} is missing or empty"
        for name in fields
        if not (isinstance(data.get(name), str) and str(data[name]).strip())
    ]


def _impossible(texts: Mapping[str, str], step: object, body: tuple[Block, ...], where: str) -> list[str]:
    checks = {
        "slug holds more than a-z, 0-9 and hyphens": _SLUG.fullmatch(texts["slug"]),
        "story holds more than a-z, 0-9 and hyphens": _SLUG.fullmatch(texts["story"]),
        "body begins or ends with a subhead": not (body[0].is_subhead or body[-1].is_subhead),
        f"body has fewer than {LEAST_PARAGRAPHS} paragraphs": (
            sum(not block.is_subhead for block in body) >= LEAST_PARAGRAPHS
        ),
        "step is no number from 1 on": isinstance(step, int) and step >= 1,
        f"language is none of {', '.join(sorted(LANGUAGES))}": texts["language"] in LANGUAGES,
        f"there is no drawing {texts['art']}.svg": (ART / f"{texts['art']}.svg").is_file(),
    }
    return [f"{where}: {problem}" for problem, fine in checks.items() if not fine]


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ContentError("\n".join(problems))
