"""Which language a text is in, and when the big model is asked."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summarize import language
from bot.summarize.language import detect, known

TEXTS = {
    "en": "The council voted on Monday to rebuild the harbour bridge, which was closed last year.",
    "de": "Der Stadtrat hat am Montag beschlossen, die Brücke am Hafen neu zu bauen.",
    "fr": "Le conseil a voté lundi la reconstruction du pont du port, fermé depuis un an.",
    "es": "El ayuntamiento aprobó este lunes la reconstrucción del puente del puerto.",
    "pt": "A câmara aprovou na segunda-feira a reconstrução da ponte do porto, que não abre há um ano.",
    "it": "Il consiglio ha votato lunedì la ricostruzione del ponte del porto, che è chiuso da un anno.",
    "nl": "De gemeenteraad heeft maandag besloten dat de brug bij de haven opnieuw wordt gebouwd.",
    "sv": "Stadens råd har på måndagen röstat för att bygga en ny bro vid hamnen som är stängd.",
    "pl": "Rada miasta zdecydowała w poniedziałek, że most w porcie zostanie odbudowany po roku.",
    "tr": "Belediye meclisi pazartesi günü liman için yeni bir köprü ile ilgili karar verdi ve bu çok önemli.",
    "ru": "Городской совет в понедельник проголосовал за то, что мост в порту будет построен.",
    "uk": "Міська рада у понеділок проголосувала за те, що міст у порту буде збудовано.",
    "ar": "صوت المجلس يوم الاثنين على إعادة بناء جسر الميناء القديم في المدينة.",
    "fa": "شورای شهر روز دوشنبه به بازسازی پل بندر که یک سال بسته است رأی داد.",
    "ur": "شہر کی کونسل نے پیر کو بندرگاہ کے پل کی تعمیر کے لیے ووٹ دیا ہے۔",
    "hi": "नगर परिषद ने सोमवार को बंदरगाह के पुल के लिए मतदान किया है।",
    "he": "מועצת העיר הצביעה ביום שני בעד בנייה מחדש של הגשר בנמל.",
    "el": "Το συμβούλιο ψήφισε τη Δευτέρα την ανακατασκευή της γέφυρας.",
    "zh": "市议会周一投票决定重建港口大桥。",
    "ja": "市議会は月曜日、港の橋を再建することを決めた。",
    "ko": "시의회는 월요일 항구 다리를 다시 짓기로 결정했다.",
    "th": "สภาเมืองลงมติเมื่อวันจันทร์ให้สร้างสะพานใหม่",
    "ka": "საკრებულომ ორშაბათს ხიდის აღდგენას მისცა ხმა.",
}


@pytest.mark.parametrize("code", TEXTS)
def test_languages_are_told_apart_without_the_model(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_by_model", lambda _: "the model was asked")
    assert detect(TEXTS[code]) == code


@pytest.mark.parametrize("text", ["", "12345 678", "xq zzv", "👍👍", "\ud800"])
def test_nothing_speaks_for_a_language(text: str) -> None:
    assert detect(text) is None


def test_a_language_whose_words_are_not_listed_is_left_to_the_model() -> None:
    esperanto = "La urba konsilio voĉdonis lunde por rekonstrui la havenan ponton kiu estas fermita ekde unu jaro. " * 2
    assert detect(esperanto) == "eo"


@pytest.mark.parametrize(
    ("named", "text", "found"),
    [
        ("en", "en", "en"),
        ("en-GB", "en", "en"),
        ("DE_at", "de", "de"),
        ("fr", "en", "fr"),  # who named it may know better between languages of one script
        ("en", "ar", "ar"),
        ("ar", "en", "en"),
        ("zh-Hans", "zh", "zh"),
        ("fa", "ar", "fa"),
        ("ru", "uk", "ru"),
        ("english", "en", "en"),
        ("", "de", "de"),
        ("1!", "de", "de"),
        (None, "es", "es"),
    ],
)
def test_a_named_language_is_believed_unless_the_script_speaks_against_it(
    named: str | None, text: str, found: str
) -> None:
    assert known(named, TEXTS[text]) == found


@given(text=st.text(max_size=100), named=st.one_of(st.none(), st.text(max_size=12)))
@settings(max_examples=200, deadline=None)
def test_the_answer_is_a_code_of_two_letters_or_none(text: str, named: str | None) -> None:
    found = known(named, text)
    assert found is None or (len(found) == 2 and found.isascii() and found.islower())


def test_condensing_imports_neither_the_model_nor_sumy_nor_numpy() -> None:
    program = (
        "import sys; from bot.summarize.bullets import condense; "
        f"assert condense({TEXTS['en']!r}).bullets; "
        "print([name for name in ('py3langid', 'numpy', 'sumy', 'nltk') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
