"""Datelines and corrections are kept as data, in ten languages, and never read as the story."""

import pytest

from bot.summarize.bullets import condense
from bot.summarize.clean import read
from bot.summarize.datelines import place_and_agency
from bot.summarize.explain import explained
from tests.summarize.test_ten_languages import STORY

EVERY = STORY | {
    "en": (
        "The council voted on Monday to rebuild the harbour bridge.",
        "Engineers had warned in March that the northern pillar had moved.",
        "Two builders are to hand in their bids before the end of the month.",
    ),
    "de": (
        "Der Stadtrat hat am Montag beschlossen, die Hafenbrücke neu zu bauen.",
        "Gutachter hatten im März gewarnt, dass sich der nördliche Pfeiler verschoben hat.",
        "Zwei Baufirmen sollen ihre Angebote bis Ende des Monats abgeben.",
    ),
    "fr": (
        "Le conseil municipal a décidé lundi de reconstruire le pont du port.",
        "Des ingénieurs avaient averti en mars que le pilier nord avait bougé.",
        "Deux entreprises doivent remettre leurs offres avant la fin du mois.",
    ),
    "es": (
        "El ayuntamiento decidió el lunes reconstruir el puente del puerto.",
        "Los ingenieros habían avisado en marzo de que el pilar norte se había movido.",
        "Dos empresas deben presentar sus ofertas antes de que acabe el mes.",
    ),
    "ar": (
        "قرر المجلس البلدي يوم الاثنين إعادة بناء جسر الميناء خلال ثلاث سنوات.",
        "وكان المهندسون قد حذروا في مارس من أن الدعامة الشمالية تحركت.",
        "ويتعين على شركتين تقديم عروضهما قبل نهاية هذا الشهر.",
    ),
}
DATELINES = [
    ("en", "LONDON/PARIS (Reuters) - ", "LONDON/PARIS", "Reuters"),
    ("en", "KYIV, Ukraine — ", "KYIV, Ukraine", None),
    ("en", "New Delhi, Aug 2 (PTI) ", "New Delhi", "PTI"),
    ("en", "(CNN) -- ", None, "CNN"),
    ("de", "Berlin (dpa) – ", "Berlin", "dpa"),
    ("de", "Frankfurt/Main (dpa/lhe) - ", "Frankfurt/Main", "dpa/lhe"),
    ("fr", "Paris, 3 mai (AFP) - ", "Paris", "AFP"),
    ("fr", "GENÈVE — ", "GENÈVE", None),
    ("es", "Bogotá, 3 may (EFE).- ", "Bogotá", "EFE"),
    ("es", "Ciudad de México.- ", "Ciudad de México", None),
    ("pt", "Lisboa, 03 mai (Lusa) – ", "Lisboa", "Lusa"),
    ("pt", "SÃO PAULO (Reuters) - ", "SÃO PAULO", "Reuters"),
    ("ru", "МОСКВА, 3 мая. /ТАСС/. ", "МОСКВА", "ТАСС"),
    ("ru", "МОСКВА, 3 мая – РИА Новости. ", "МОСКВА", "РИА Новости"),
    ("uk", "КИЇВ, 3 травня – Укрінформ. ", "КИЇВ", "Укрінформ"),
    ("uk", "Львів (Укрінформ) – ", "Львів", "Укрінформ"),
    ("tr", "ANKARA (AA) - ", "ANKARA", "AA"),
    ("tr", "İSTANBUL (DHA) – ", "İSTANBUL", "DHA"),
    ("zh", "新华社北京11月17日电 ", "北京", "新华社"),
    ("zh", "本报上海5月3日电 ", "上海", None),
    ("zh", "（中央社记者王小明台北1日电）", None, "中央社"),
    ("ar", "دمشق (رويترز) - ", "دمشق", "رويترز"),
    ("ar", "القاهرة - أ ف ب: ", "القاهرة", "أ ف ب"),
    ("ar", "رويترز - ", None, "رويترز"),
]
CORRECTIONS = [
    ("en", "Correction: an earlier version of this story named another bridge."),
    ("de", "Korrektur: In einer früheren Fassung stand der Name einer anderen Brücke."),
    ("fr", "Rectificatif : le pont a onze piliers et non dix."),
    ("es", "Fe de errores: el puente tiene once pilares y no diez."),
    ("pt", "Errata: a ponte tem onze pilares e não dez."),
    ("ru", "Уточнение: у моста одиннадцать опор, а не десять."),
    ("uk", "Уточнення: міст має одинадцять опор, а не десять."),
    ("tr", "Düzeltme: Köprünün on değil on bir ayağı var."),
    ("zh", "更正：大桥有十一个桥墩，而不是十个。"),
    ("ar", "تصحيح: للجسر إحدى عشرة دعامة وليس عشرا."),
]


@pytest.mark.parametrize(("language", "dateline", "place", "agency"), DATELINES, ids=[each[1] for each in DATELINES])
def test_datelines(language: str, dateline: str, place: str | None, agency: str | None) -> None:
    lines = EVERY[language]
    found = condense(dateline + "\n".join(lines), language=language)
    assert (found.place, found.agency, found.notes) == (place, agency, ())
    assert found.bullets[0].text == lines[0]


@pytest.mark.parametrize(("language", "note"), CORRECTIONS)
def test_corrections(language: str, note: str) -> None:
    lines = EVERY[language]
    text = "\n".join((*lines, note))
    found = condense(text, language=language)
    assert (found.place, found.agency, found.notes) == (None, None, (note,))
    assert [each.text for each in found.bullets] == list(lines)
    why = explained(text, language=language)
    assert (why.notes, [piece.rule for piece in why.removed]) == ((note,), ["furniture.corrections"])


def test_a_correction_goes_with_its_whole_line() -> None:
    note = f"Correction, May 3: {'This report named another bridge. ' * 6}It has been put right."
    told = read("\n".join((*EVERY["en"], note)), "en")
    assert told.notes == (note,)
    assert [each.text for each in told.sentences] == list(EVERY["en"])


def test_in_one_line_a_correction_is_its_sentence() -> None:
    note = "Correction: the bridge has eleven pillars."
    told = read(" ".join((note, *EVERY["en"])), "en")
    assert told.notes == (note,)
    assert [each.text for each in told.sentences] == list(EVERY["en"])


def test_only_so_many_and_so_long_notes_are_kept() -> None:
    notes = [f"Correction: the bridge has {number} pillars." for number in range(9)]
    long = f"Correction: {'the bridge and ' * 60}the end."
    assert read("\n".join((*EVERY["en"], long, *notes)), "en").notes == tuple(notes[:5])


def test_only_the_first_dateline_near_the_head_counts() -> None:
    lines = EVERY["en"]
    assert read(f"LONDON (Wire) – {lines[0]}\nPARIS (Post) – {lines[1]}", "en").place == "LONDON"
    assert read("\n".join((*lines * 3, f"PARIS (Post) – {lines[1]}")), "en").place is None


@pytest.mark.parametrize("piece", ["", " ", "(", "()", "–", "(1) –", "1日电", "/ /", "2024 – "])
def test_what_says_nothing_is_nothing(piece: str) -> None:
    assert place_and_agency(piece) == (None, None)
