"""NewsSummarizer: our way to choose bullets, in sumy's shape.

`bullets.condense` calls the same functions directly. Importing sumy brings NLTK and half a second of CPU with it, which
a command about one article should not pay, so only callers who hold a sumy document import this module.
"""

from sumy.models.dom import ObjectDocumentModel
from sumy.models.dom import Sentence as SumySentence
from sumy.summarizers._summarizer import AbstractSummarizer

from bot.summarize.clean import story
from bot.summarize.rank import best_first


class NewsSummarizer(AbstractSummarizer):  # type: ignore[misc]  # sumy has no types
    """Chooses as the trained ranker does.

    The document's own sentences are handed back, so `documents.SpannedSentence`s keep their spans. A sentence that is
    the story only in part (a dateline before it) is handed back whole, as a document's sentences cannot be cut.
    """

    def __init__(self, language: str | None = None) -> None:
        super().__init__()
        self.language = language

    def __call__(self, document: ObjectDocumentModel, sentences_count: int) -> tuple[SumySentence, ...]:
        """At most `sentences_count` sentences in the document's order."""
        text, given = _written_out(document)
        told = story(text, self.language)
        ends = [told[at].end for at in best_first(told, sentences_count, None, self.language)]
        at = {end: number for number, (_, end) in enumerate(given)}
        chosen = [at[end] for end in ends if end in at]
        return tuple(given[number][0] for number in sorted(chosen))


def _written_out(document: ObjectDocumentModel) -> tuple[str, list[tuple[SumySentence, int]]]:
    """The document as text, a sentence a line, and each sentence with its end in that text."""
    lines: list[str] = []
    given: list[tuple[SumySentence, int]] = []
    length = 0
    for sentence in document.sentences:
        lines.append(" ".join(str(sentence).split()))
        length += len(lines[-1])
        given.append((sentence, length))
        length += 1
    return "\n".join(lines), given
