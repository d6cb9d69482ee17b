"""Pages as they are: links between the paragraphs, walls, pages in parts."""

import pytest

from bot.domain.errors import Walled
from bot.feeds.extract import extract_page
from bot.feeds.series import MOST_PAGES, amp_url, next_page, page_of
from bot.feeds.tidy import tidy
from bot.feeds.walls import is_consent, is_paid, without_wall

URL = "https://post.example/news/ferry"
PARAGRAPHS = [
    "The ferry between the old harbour and the island has returned after nine weeks in the dock, its owner said.",
    "Engineers replaced both shafts and a part of the hull that had been worn thin by sand from the channel.",
    "Passengers had been taken across by two smaller boats in the meantime, which do not carry cars or bicycles.",
    "Tickets cost the same as before, and the first boat of the day leaves at six, half an hour earlier.",
    "The island's council wants a second ferry by the year 2030 and has asked four shipyards for their prices.",
]


def page(body: str, head: str = "") -> bytes:
    title = "<title>Ferry returns to the island | Harbour Post</title>"
    return f"<html><head>{title}{head}</head><body><article>{body}</article></body></html>".encode()


def paragraphs(*more: str) -> str:
    return "<h1>Ferry returns to the island</h1>" + "".join(f"<p>{text}</p>" for text in (*PARAGRAPHS, *more))


TEASERS = {
    "a list of links": f"<ul>{''.join(f'<li><a href=/{n}>The {n}th story of the day</a></li>' for n in range(5))}</ul>",
    "a paragraph that is a link": '<p><a href="/x">Shipyard to close its largest hall next year</a></p>',
    "a link with a label": '<p>Keep reading: <a href="/x">Shipyard to close its largest hall next year</a></p>',
    "a heading that is a link": '<h3><a href="/x">Shipyard to close its largest hall next year</a></h3>',
    "a call": "<p>Sign up for our newsletter and get the news in your inbox</p>",
    "the imprint": "<p>Copyright 2026 Harbour Post. All rights reserved.</p>",
    "a label": "<p>You may also like...</p>",
    "another language": "<p>Lesen Sie auch: Werft schließt ihre größte Halle</p>",
}  # fmt: skip


@pytest.mark.parametrize("what", TEASERS)
def test_what_stands_between_the_paragraphs_goes(what: str) -> None:
    body = paragraphs().replace(f"<p>{PARAGRAPHS[2]}", f"{TEASERS[what]}<p>{PARAGRAPHS[2]}")
    assert extract_page(page(body)).text.split("\n") == PARAGRAPHS


KEPT = {
    "a link in a sentence": '<p>The yard had said so <a href="/x">in March</a>.</p>',
    "a list of things": "<ul><li>Two shafts of steel</li><li>Eleven plates</li></ul>",
    "words about newsletters": "<p>The council decided to end its newsletter, which hardly anybody reads.</p>",
    "a person who was followed": "<p>A customs boat followed the ferry, and both were greeted with horns.</p>",
}  # fmt: skip


@pytest.mark.parametrize("what", KEPT)
def test_what_belongs_to_the_article_stays(what: str) -> None:
    text = extract_page(page(paragraphs() + KEPT[what])).text
    assert len(text.split("\n")) > len(PARAGRAPHS)


def test_a_page_of_links_keeps_them() -> None:
    links = "".join(f'<p><a href="/{n}">Story {n} about the harbour and about its island</a></p>' for n in range(30))
    assert "Story 20 about" in extract_page(page(links)).text


def test_the_headline_is_not_a_line_of_the_text() -> None:
    assert tidy("Harbour\nFerry returns!\nIt is back.", ["Ferry returns"]) == "Harbour\nIt is back."
    assert tidy("It is back.\nOne.\nTwo.\nFerry returns", ["Ferry returns"]).endswith("Ferry returns")
    assert tidy("Ferry returns", ["Ferry returns"]) == "Ferry returns"


def test_scraps_are_looked_at_again() -> None:
    """The fast way takes the whole page where the article lies in a table; the slow one finds it."""
    menu = "".join(f"<tr><td><div>Point {n}</div></td></tr>" for n in range(200))
    story = "<br><br>".join(PARAGRAPHS * 2)
    html = f"<html><body><table>{menu}<tr><td><div>{story}</div></td></tr></table></body></html>"
    assert PARAGRAPHS[1] in extract_page(html.encode()).text


# ---- walls -------------------------------------------------------------------------------------

CONSENT = """Your privacy is important to us
We and our 842 partners store cookies on your device and process personal data for personalised ads.
You can accept all cookies, manage your choices, or reject those that need your consent.
See our privacy policy and the list of partners for how your consent is used."""


def test_a_consent_page_is_no_article() -> None:
    assert is_consent(CONSENT)
    with pytest.raises(Walled, match="consent"):
        extract_page(page("".join(f"<p>{line}</p>" for line in CONSENT.split("\n"))))


def test_an_article_about_consent_is_one() -> None:
    assert not is_consent("\n".join(PARAGRAPHS) + "\n" + CONSENT)
    assert not is_consent(
        "A court has ruled on cookies.\nConsent must be given.\nThe privacy body agrees.\n" + PARAGRAPHS[0]
    )


@pytest.mark.parametrize(
    "ask",
    [
        "Subscribe now to continue reading this article.",
        "This article is only for subscribers.",
        "Already a subscriber? Log in",
        "Jetzt lesen mit Harbour Plus",
        "Mit Harbour+ weiterlesen",
        "Cet article est réservé aux abonnés.",
    ],
)
def test_only_what_is_free_is_taken(ask: str) -> None:
    found = extract_page(page(paragraphs(ask, "One month for one pound.", "Cancel whenever you like.")))
    assert found.paywalled
    assert found.text.split("\n") == PARAGRAPHS


def test_a_call_in_the_middle_is_no_wall() -> None:
    rest = "\n".join(PARAGRAPHS * 2)
    assert without_wall(f"One.\nSubscribe now to continue reading.\n{rest}") == (f"One.\n{rest}", False)


@pytest.mark.parametrize(
    "head",
    [
        '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>',
        '<script type="application/ld+json">{"isAccessibleForFree":"False"}</script>',
        '<meta property="article:content_tier" content="locked">',
    ],
)
def test_pages_that_say_that_they_cost(head: str) -> None:
    assert is_paid(page("", head))
    assert extract_page(page(paragraphs(), head)).paywalled
    with pytest.raises(Walled):
        extract_page(page("<p>Subscribe to the Harbour Post.</p>", head))


def test_offers_behind_the_wall_of_a_page_that_costs_go_however_many() -> None:
    head = '<meta property="article:content_tier" content="locked">'
    offers = [f"Offer {n}: all articles for {n} euros a month, to be ended at any time." for n in range(1, 16)]
    found = extract_page(page(paragraphs("Mit Harbour+ weiterlesen", *offers), head))
    assert found.text.split("\n") == PARAGRAPHS
    assert not extract_page(page(paragraphs("Mit Harbour+ weiterlesen", *offers))).paywalled


@pytest.mark.parametrize(
    ("head", "image"),
    [
        ('<meta property="og:image" content="/lead?id=7&amp;w=1200">', "https://post.example/lead?id=7&w=1200"),
        ('<meta name="og:image" content="https://img.example/a"><meta property="og:image" content="/b.png">',
         "https://img.example/a"),
        ('<meta property="og:image" content="data:x"><meta property="og:image" content="/b.png">',
         "https://post.example/b.png"),
        ("", None),
    ],
)  # fmt: skip
def test_the_image_is_the_one_that_the_page_names(head: str, image: str | None) -> None:
    assert extract_page(page(paragraphs(), head), url=URL).image == image


def test_free_pages_are_free() -> None:
    assert not is_paid(page("", '<script type="application/ld+json">{"isAccessibleForFree": true}</script>'))
    assert not extract_page(page(paragraphs())).paywalled


# ---- parts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("https://post.example/news/ferry?page=2", 2),
        ("https://www.post.example/news/ferry/3", 3),
        ("https://post.example/news/ferry/page/2/", 2),
        ("https://post.example/news/ferry-2.html", 2),
        ("https://post.example/news/ferry,2.html", 2),
        ("https://post.example/news/ferry-seite-4", 4),
        ("https://post.example/news/ferry", None),
        ("https://post.example/news/ferry?page=1", None),
        ("https://post.example/news/ferry?page=2&sort=old", None),
        ("https://post.example/news/ferry?share=2", None),
        ("https://post.example/news/ferry-2026", None),
        ("https://post.example/news/crane/2", None),
        ("https://other.example/news/ferry/2", None),
        ("https://post.example/page/2", None),
    ],
)
def test_pages_of_one_article(address: str, number: int | None) -> None:
    assert page_of(address, URL) == number
    assert page_of(address, f"{URL}.html") == number


def test_the_next_page() -> None:
    links = '<a href="/news/crane">Next</a><a href="?page=3">3</a><a href="?page=2#top">2</a><!-- <a href="/x"> -->'
    html = page(links)
    assert next_page(html, URL) == f"{URL}?page=2"
    assert next_page(html, URL, 2) == f"{URL}?page=3"
    assert next_page(html, URL, 3) is None
    assert next_page(page('<a href="?page=6">6</a>'), URL, MOST_PAGES) is None


def test_the_amp_version() -> None:
    assert amp_url(page("", '<link rel="amphtml" href="/amp/ferry">'), URL) == "https://post.example/amp/ferry"
    assert amp_url(page("", '<link rel="amphtml" href="javascript:x">'), URL) is None
    own, cache = "https://amp.post.example/ferry", "https://post-example.cdn.ampproject.org/c/s/post.example/ferry"
    assert amp_url(page("", f'<link rel="amphtml" href="{own}">'), "https://www.post.example/ferry") == own
    assert amp_url(page("", f'<link rel="amphtml" href="{cache}">'), URL) is None
    assert amp_url(page(""), URL) is None
