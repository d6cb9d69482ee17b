"""Articles as sumy's documents, whose sentences remember where they stand in the text."""

from collections.abc import Iterable

from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as SumySentence

from bot.summarize.sentences import Sentence
from bot.summarize.words import NewsTokenizer


class SpannedSentence(SumySentence):  # type: ignore[misc]  # sumy has no types
    """A sumy sentence made of one of ours, which it keeps."""

    __slots__ = ("ours",)

    def __init__(self, ours: Sentence, tokenizer: NewsTokenizer) -> None:
        super().__init__(ours.text, tokenizer)
        self.ours = ours


def document(sentences: Iterable[Sentence], language: str | None) -> ObjectDocumentModel:
    """A sumy document of one paragraph, fed by our own tokenizer."""
    tokenizer = NewsTokenizer(language)
    return ObjectDocumentModel([Paragraph([SpannedSentence(sentence, tokenizer) for sentence in sentences])])
