"""Pages as they come, in ten languages: every kind of line beside the story goes, and the story stays whole."""

import pytest

from bot.summarize.bullets import condense
from bot.summarize.clean import read, story
from bot.summarize.explain import explained
from tests.summarize.test_datelines import CORRECTIONS, EVERY

BESIDE = {
    "en": (
        "By Jane Doe",
        "Updated 3 May 2024 at 10:23",
        "3 hours ago",
        "File photo: the old bridge",
        "Photo: City archive",
        "The old bridge in March (file photo).",
        "Sign up for our newsletter to get the news of the city every day.",
        "This site uses cookies.",
        "Read more: another bridge fell into the sea.",
        "Advertisement",
        "Jane Doe is a reporter at the City News.",
        "The views expressed here are those of the author.",
        "Follow us on Facebook",
        "pic.twitter.com/abc123",
    ),
    "de": (
        "Von Anna Müller",
        "Aktualisiert am 3. Mai 2024 um 10:23 Uhr",
        "vor 3 Stunden",
        "Foto: Stadtarchiv",
        "Die alte Brücke im März (Archivbild).",
        "Abonnieren Sie unseren Newsletter und lesen Sie jeden Tag Neues.",
        "Diese Website verwendet Cookies.",
        "Lesen Sie auch: Eine andere Brücke fiel ins Meer.",
        "Anzeige",
        "Dieser Artikel erschien zuerst im Stadtblatt.",
        "Mit Material von dpa",
        "Folgen Sie uns auf Facebook",
    ),
    "fr": (
        "Par Anne Martin",
        "Mis à jour le 3 mai 2024 à 10h23",
        "il y a 3 heures",
        "Photo : archives municipales",
        "Le vieux pont en mars (photo d'illustration).",
        "Inscrivez-vous à notre newsletter pour tout savoir de la ville.",
        "Ce site utilise des cookies.",
        "Lire aussi : un autre pont est tombé à la mer.",
        "Publicité",
        "Cet article a été publié dans la gazette de la ville.",
        "(avec AFP)",
        "Suivez-nous sur Facebook",
    ),
    "es": (
        "Por Ana García",
        "Actualizado el 3 de mayo de 2024 a las 10:23",
        "hace 3 horas",
        "Foto: archivo municipal",
        "El viejo puente en marzo (archivo).",
        "Suscríbete a nuestro boletín y recibe las noticias de la ciudad.",
        "Este sitio web utiliza cookies.",
        "Lee también: otro puente cayó al mar.",
        "Publicidad",
        "Con información de EFE",
        "Síguenos en Facebook",
    ),
    "pt": (
        "Por Maria Silva",
        "Atualizado em 3 de maio de 2024 às 10h23",
        "há 3 horas",
        "Foto: arquivo municipal",
        "A ponte velha em março (arquivo).",
        "Assine a nossa newsletter e receba as notícias da cidade.",
        "Este site utiliza cookies.",
        "Leia também: outra ponte caiu no mar.",
        "Publicidade",
        "Com informações da Reuters",
        "Siga-nos no Facebook",
    ),
    "ru": (
        "Автор: Анна Иванова",
        "Обновлено 3 мая 2024 в 10:23",
        "3 часа назад",
        "Фото: городской архив",
        "Старый мост в марте (архивное фото).",
        "Подписывайтесь на наш канал, чтобы знать всё о городе.",
        "Этот сайт использует файлы cookie.",
        "Читайте также: другой мост упал в море.",
        "Реклама",
        "ТАСС",
        "Следите за новостями в нашем телеграм-канале",
    ),
    "uk": (
        "Автор: Олена Коваль",
        "Опубліковано 3 травня 2024 о 10:23",
        "3 години тому",
        "Фото: міський архів",
        "Старий міст у березні (архівне фото).",
        "Підписуйтесь на наш канал, щоб знати все про місто.",
        "Цей сайт використовує файли cookie.",
        "Читайте також: інший міст упав у море.",
        "Реклама",
        "Укрінформ",
        "Стежте за новинами в нашому телеграм-каналі",
    ),
    "tr": (
        "Haber: Ayşe Yılmaz",
        "Son güncelleme: 3 Mayıs 2024 10:23",
        "3 saat önce",
        "Fotoğraf: Belediye arşivi",
        "Eski köprü mart ayında (arşiv).",
        "Abone olun, şehrin haberleri her gün size gelsin.",
        "Bu site çerez kullanmaktadır.",
        "Bunu da okuyun: öteki köprü denize düştü.",
        "Reklam",
        "(AA)",
        "Bizi Facebook'ta takip edin",
    ),
    "zh": (
        "记者：王小明",
        "发布时间：2024年5月3日 10:23",
        "3小时前",
        "图片来源：市政府档案",
        "今年三月的旧大桥（资料图）。",
        "欢迎关注我们的公众号，每天了解城市新闻。",
        "本网站使用Cookie改善您的体验。",
        "相关阅读：另一座大桥掉进了海里。",
        "广告",
        "（责任编辑：李华）",
        "本文仅代表作者个人观点。",
    ),
    "ar": (
        "بقلم أحمد علي",
        "آخر تحديث 3 مايو 2024 10:23",
        "قبل 3 ساعات",
        "صورة: أرشيف البلدية",
        "الجسر القديم في مارس (أرشيفية).",
        "اشترك في نشرتنا البريدية لتصلك أخبار المدينة كل يوم.",
        "يستخدم هذا الموقع ملفات تعريف الارتباط.",
        "اقرأ أيضا: جسر آخر سقط في البحر.",
        "إعلان",
        "(رويترز)",
        "تابعونا على فيسبوك",
    ),
}
"""Byline, stamps, credit, caption, newsletter, cookies, links, advertisement, agencies and social lines of each."""
HEADINGS = {
    "en": ("Related stories", "All rights reserved"),
    "de": ("Mehr zum Thema", "Alle Rechte vorbehalten"),
    "fr": ("Sur le même sujet", "Tous droits réservés"),
    "es": ("Noticias relacionadas", "Todos los derechos reservados"),
    "pt": ("Leia mais", "Todos os direitos reservados"),
    "ru": ("Новости по теме", "Все права защищены"),
    "uk": ("Новини за темою", "Усі права захищені"),
    "tr": ("İlgili haberler", "Tüm hakları saklıdır"),
    "zh": ("相关阅读", "版权所有"),
    "ar": ("مواضيع ذات صلة", "جميع الحقوق محفوظة"),
}
"""What stands above other stories, and the line of rights."""
DATELINES = {
    "en": "LONDON (Wire) - ",
    "de": "Berlin (dpa) – ",
    "fr": "Paris, 3 mai (AFP) - ",
    "es": "Bogotá, 3 may (EFE).- ",
    "pt": "Lisboa, 03 mai (Lusa) – ",
    "ru": "МОСКВА, 3 мая. /ТАСС/. ",
    "uk": "КИЇВ, 3 травня – Укрінформ. ",
    "tr": "ANKARA (AA) - ",
    "zh": "新华社北京11月17日电 ",
    "ar": "دمشق (رويترز) - ",
}
LINES = [(language, line) for language, lines in BESIDE.items() for line in lines]


@pytest.mark.parametrize(("language", "line"), LINES)
def test_a_line_beside_the_story_goes(language: str, line: str) -> None:
    told = EVERY[language]
    assert [each.text for each in story("\n".join((told[0], line, *told[1:])), language)] == list(told)


@pytest.mark.parametrize("language", EVERY)
@pytest.mark.parametrize("which", [0, 1], ids=["heading", "rights"])
def test_behind_an_ending_nothing_is_told(language: str, which: int) -> None:
    told = EVERY[language]
    text = "\n".join((*told, HEADINGS[language][which], f"{told[0][:-1]} 2."))
    assert [each.text for each in story(text, language)] == list(told)


@pytest.mark.parametrize("language", EVERY)
def test_a_whole_page(language: str) -> None:
    """All of it at once, with a live stamp before a sentence: nothing but the story, and what is kept as data."""
    first, second, third = EVERY[language]
    correction = dict(CORRECTIONS)[language]
    beside = BESIDE[language]
    lines = [*beside[:2], DATELINES[language] + first, *beside[2:5], f"14:32 – {second}", *beside[5:], third]
    page = "\n".join((*lines, correction, HEADINGS[language][0], f"{second[:-1]} 2.", HEADINGS[language][1]))
    told = read(page, language)
    assert [each.text for each in told.sentences] == [first, second, third]
    assert (told.place, told.agency) != (None, None)
    assert told.notes == (correction,)
    assert [bullet.text for bullet in condense(page).bullets] == [first, second, third]
    unexplained = [each.text for each in explained(page, language=language).removed if each.rule == "beside the story"]
    assert unexplained == []
