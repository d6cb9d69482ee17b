"""Files: send one, ask where one can be had."""

from bot.sandbox.decode import Kind, Upload
from bot.sandbox.errors import bad_request
from bot.sandbox.keyboards import inline_keyboard
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import Document, Json
from bot.sandbox.sending import DELIVERY, marks, place, text_of
from bot.sandbox.shapes import message_json
from bot.sandbox.world import World


def _send(world: World, params: Json) -> Json:
    to = place(world, params, "documents")
    caption = text_of(world, params, caption=True)
    sent = world.post(
        to.chat,
        world.bot,
        caption.text,
        entities=caption.entities,
        thread_id=to.thread_id,
        reply_to=to.reply_to,
        keyboard=inline_keyboard(params.get("reply_markup")),
        document=_document(world, params),
        **marks(params),
    )
    return message_json(to.chat, sent)


def _document(world: World, params: Json) -> Document:
    """The uploaded file, by itself or as `attach://part`, or a known one by its id."""
    given = params.get("document")
    if isinstance(given, str) and given.startswith("attach://"):
        given = params.get(given.removeprefix("attach://"))
    if isinstance(given, Upload):
        if not given.data:
            raise bad_request("file must be non-empty")
        return world.files.add(given.name, given.mime_type, given.data)
    if not given:
        raise bad_request("there is no document in the request")
    kept = world.files.get(given)
    if kept is None:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    return kept[0]


def _get_file(world: World, params: Json) -> Json:
    kept = world.files.get(params.get("file_id", ""))
    if kept is None:
        raise bad_request("invalid file_id")
    document = kept[0]
    sizes: Json = {"file_size": document.size_bytes, "file_path": document.path}
    return {"file_id": document.file_id, "file_unique_id": document.unique_id} | sizes


_CAPTION = {"caption": Kind.TEXT, "parse_mode": Kind.TEXT, "caption_entities": Kind.LIST}

METHODS = (
    Method(
        "sendDocument",
        _send,
        DELIVERY | _CAPTION | {"document": Kind.FILE, "disable_content_type_detection": Kind.FLAG},
    ),
    Method("getFile", _get_file, {"file_id": Kind.TEXT}),
)
