"""Ten languages: what is left out, where sentences end, what leans on what, and any other text."""

import pytest

from bot.summarize.bullets import condense
from bot.summarize.clean import story
from bot.summarize.features import words_of
from bot.summarize.language import detect
from bot.summarize.rank import is_own_voice, is_teaser, leans
from bot.summarize.rules import cues
from bot.summarize.sentences import split

STORY = {
    "pt": (
        "A câmara municipal aprovou na segunda-feira a reconstrução da ponte do porto.",
        "Os engenheiros tinham avisado em março que o pilar norte se movera onze centímetros.",
        "Duas empresas devem entregar as suas propostas até ao fim do mês.",
    ),
    "ru": (
        "Городской совет проголосовал в понедельник за строительство нового моста в порту.",
        "Инженеры ещё в марте предупредили, что северная опора сдвинулась на 11 сантиметров.",
        "Две компании должны подать заявки до конца этого месяца.",
    ),
    "uk": (
        "Міська рада проголосувала в понеділок за будівництво нового мосту в порту.",
        "Інженери ще в березні попередили, що північна опора зсунулася на 11 сантиметрів.",
        "Дві компанії мають подати заявки до кінця цього місяця.",
    ),
    "tr": (
        "Belediye meclisi pazartesi günü limandaki köprünün yeniden yapılmasına karar verdi.",
        "Mühendisler mart ayında kuzey ayağının on bir santimetre kaydığını bildirmişti.",
        "İki şirketin tekliflerini ay sonuna kadar vermesi gerekiyor.",
    ),
    "zh": (
        "市议会周一投票决定重建位于港口北岸的旧大桥，工程预计需要三年时间。",
        "工程师今年三月曾警告说，大桥北侧的桥墩已经移动了十一厘米。",
        "两家建筑公司必须在本月底之前向市政府提交最后的投标方案。",
    ),
}


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("pt", "Por Maria Silva"),
        ("pt", "Leia também: a outra ponte caiu no mar."),
        ("pt", "Deixe seu comentário sobre a ponte aqui embaixo."),
        ("pt", "Atenção: comentários com ofensas não serão aprovados."),
        ("pt", "Atualizado em 3 de maio de 2024 às 10h23."),
        ("pt", "Foto: Divulgação"),
        ("pt", "A prefeita Maria Silva (à esq.) fala com os engenheiros ao pé da ponte."),
        ("pt", "Utilizamos cookies para melhorar a sua experiência."),
        ("pt", "Errata: a ponte tem onze pilares e não dez."),
        ("ru", "Автор: Анна Иванова"),
        ("ru", "Читайте также: другой мост упал в море."),
        ("ru", "Обновлено 3 мая 2024 в 10:23."),
        ("ru", "Фото: городской архив"),
        ("ru", "Мэр города (слева) разговаривает с инженерами у опоры моста."),
        ("ru", "Подписывайтесь на наш канал, чтобы знать всё о городе."),
        ("ru", "Уточнение: у моста одиннадцать опор, а не десять."),
        ("uk", "Автор: Олена Коваль"),
        ("uk", "Мер міста (ліворуч) розмовляє з інженерами біля опори мосту."),
        ("uk", "Читайте також: інший міст упав у море."),
        ("uk", "Опубліковано 3 травня 2024 о 10:23."),
        ("uk", "Фото: міський архів"),
        ("uk", "Підписуйтесь на наш канал, щоб знати все про місто."),
        ("tr", "Haber: Ayşe Yılmaz"),
        ("tr", "Belediye başkanı (solda) köprünün ayağında mühendislerle konuşuyor."),
        ("tr", "Bunu da okuyun: öteki köprü denize düştü."),
        ("tr", "Son güncelleme: 3 Mayıs 2024 10:23"),
        ("tr", "Fotoğraf: Belediye arşivi"),
        ("tr", "Abone olun, şehrin haberleri her gün size gelsin."),
        ("zh", "记者：王小明"),
        ("zh", "市长（左）在大桥的桥墩旁与几位工程师交谈，旁边站着议员。"),
        ("zh", "相关阅读：另一座大桥掉进了海里。"),
        ("zh", "发布时间：2024年5月3日 10:23"),
        ("zh", "图片来源：市政府档案"),
        ("zh", "欢迎关注我们的公众号，每天了解城市新闻。"),
    ],
)
def test_a_line_beside_the_story_goes(language: str, line: str) -> None:
    first, second, third = STORY[language]
    found = [each.text for each in story(f"{first}\n{line}\n{second}\n{third}", language)]
    assert found == [first, second, third]


@pytest.mark.parametrize(
    ("language", "ending"),
    [
        ("pt", "Todos os direitos reservados"),
        ("pt", "Notícias relacionadas"),
        ("ru", "Все права защищены"),
        ("ru", "Читайте также"),
        ("uk", "Усі права захищені"),
        ("uk", "Останні новини"),
        ("tr", "Tüm hakları saklıdır"),
        ("tr", "İlgili haberler"),
        ("zh", "未经授权不得转载"),
        ("zh", "相关新闻"),
    ],
)
def test_after_the_end_nothing_is_told(language: str, ending: str) -> None:
    first, second, third = STORY[language]
    found = [each.text for each in story(f"{first}\n{second}\n{ending}\n{third}", language)]
    assert found == [first, second]


@pytest.mark.parametrize("language", STORY)
def test_it_is_detected_and_condensed(language: str) -> None:
    text = "\n".join(STORY[language])
    assert detect(text) == language
    found = condense(text)
    assert (found.language, [bullet.text for bullet in found.bullets]) == (language, list(STORY[language]))


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("pt", ["O Sr. Silva chegou a Lisboa às 10h. ", "Depois saiu."]),
        ("ru", ["В 2024 г. мост обошёлся городу в 5 млн руб. в год.", "Потом его закрыли."]),
        ("uk", ["Міст коштував місту 5 млн грн. на рік.", "Потім його закрили."]),
        ("tr", ["Prof. Dr. Yılmaz köprüyü gezdi.", "Sonra Ankara'ya döndü."]),
        ("zh", ["市议会投票了。", "工程需要三年！", "是吗？"]),
        ("ar", ["هل هذا صحيح؟", "نعم، هذا صحيح."]),
        ("de", ["Am 3. Oktober sprach Dr. Müller z. B. über die Brücke.", "Er blieb."]),
    ],
)
def test_sentences(language: str, sentences: list[str]) -> None:
    text = ("" if language == "zh" else " ").join(each.strip() for each in sentences)
    assert [each.text for each in split(text, language)] == [each.strip() for each in sentences]


@pytest.mark.parametrize(
    ("language", "leaning", "standing"),
    [
        ("en", "But the council waits.", "The council waits."),
        ("de", "Er kam am Montag.", "Ernst kam am Montag."),
        ("fr", "Cette décision est tombée lundi.", "Le conseil a voté lundi."),
        ("es", "Pero el puente sigue cerrado.", "El puente sigue cerrado."),
        ("pt", "Ele chegou na segunda-feira.", "Elena chegou na segunda-feira."),
        ("ru", "Он приехал в понедельник.", "Онкологи приехали в понедельник."),
        ("uk", "Він приїхав у понеділок.", "Віктор приїхав у понеділок."),
        ("tr", "Ancak köprü hâlâ kapalı.", "Köprü hâlâ kapalı."),
        ("ar", "لكن الجسر ما زال مغلقا.", "الجسر ما زال مغلقا."),
        ("zh", "但大桥仍然关闭。", "大桥仍然关闭。"),
    ],
)
def test_what_leans_on_the_sentence_before(language: str, leaning: str, standing: str) -> None:
    listed = cues(language)
    assert [leans(each, listed) for each in words_of([leaning, standing], listed)] == [True, False]


@pytest.mark.parametrize(
    ("language", "own", "quoted"),
    [
        ("de", "Ich war am Montag auf der Brücke.", "„Ich war da“, sagte die Bürgermeisterin."),
        ("ru", "Я был на мосту в понедельник.", "«Я был там», сказал мэр города."),
        ("zh", "我周一去了那座大桥。", "市长说：“我周一去了那座大桥。”"),
    ],
)
def test_the_writers_own_voice(language: str, own: str, quoted: str) -> None:
    listed = cues(language)
    assert [is_own_voice(each, listed) for each in words_of([own, quoted], listed)] == [True, False]


@pytest.mark.parametrize(
    ("language", "teaser", "news"),
    [
        ("en", "Here are five things to know about the bridge.", "Here the river is a mile wide."),
        ("en", "Share this with your friends in town.", "Share prices rose by a tenth on Monday."),
        ("de", "Hier sind fünf Dinge zur Brücke.", "Hier stand die alte Brücke."),
        ("fr", "Voici cinq choses à savoir sur le pont.", "Le pont rouvre lundi."),
        ("es", "Imagina la ciudad sin el puente.", "El puente abre el lunes."),
        ("pt", "Confira as fotos da ponte.", "A ponte abre na segunda-feira."),
        ("ru", "Вот что известно о мосте.", "Мост откроют в понедельник."),
        ("uk", "Ось що відомо про міст.", "Міст відкриють у понеділок."),
    ],
)
def test_what_only_announces_or_appeals(language: str, teaser: str, news: str) -> None:
    listed = cues(language)
    assert [is_teaser(each, listed) for each in words_of([teaser, news], listed)] == [True, False]


@pytest.mark.parametrize("language", ["hi", "ja", "th", "sw", "ka", None])
def test_any_other_language_gets_the_language_free_features(language: str | None) -> None:
    text = "नगर परिषद ने सोमवार को पुल बनाने के लिए मतदान किया।\nकाम में तीन साल और बहुत पैसा लगेगा, महापौर ने कहा।"
    assert len(condense(text, language=language).bullets) == 2
