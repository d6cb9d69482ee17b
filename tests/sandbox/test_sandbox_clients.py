"""Independent clients and the specification's own judge, against the running sandbox.

Tests import aiogram themselves: that takes seconds, and every process of a test run collects this file.
"""

import asyncio
import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
import telegram
from telegram.constants import ParseMode

from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.conftest import CHECKER

if TYPE_CHECKING:
    import aiogram


async def test_the_specification_has_nothing_to_say(sandbox: Sandbox) -> None:
    if not CHECKER.exists():
        pytest.skip("../shared/tools/botapi_check.py is not beside this repository")
    judge = await asyncio.create_subprocess_exec(
        sys.executable, str(CHECKER), "--server", sandbox.url, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await judge.communicate()
    assert said.decode().endswith("problems: 0\n"), said.decode()
    assert judge.returncode == 0


def aiogram_bot(sandbox: Sandbox) -> "aiogram.Bot":
    import aiogram
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    return aiogram.Bot(sandbox.token, session=AiohttpSession(api=TelegramAPIServer.from_base(sandbox.api_url)))


async def test_aiogram_runs_a_bot(sandbox: Sandbox) -> None:
    import aiogram
    from aiogram import types as aio

    dispatcher = aiogram.Dispatcher()

    @dispatcher.message(aiogram.filters.Command("latest"))
    async def latest(message: aio.Message) -> None:
        button = aio.InlineKeyboardButton(text="More", callback_data="more:1")
        await message.answer(
            "<b>news</b>", parse_mode="HTML", reply_markup=aio.InlineKeyboardMarkup(inline_keyboard=[[button]])
        )

    @dispatcher.callback_query()
    async def more(query: aio.CallbackQuery) -> None:
        assert isinstance(query.message, aio.Message)
        await query.message.edit_text(f"more for {query.from_user.first_name}")
        await query.answer("done")

    async with aiogram_bot(sandbox) as bot:
        running = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
        sandbox.message(2, GROUP_ID, "/latest 5", thread_id=11)
        sent = await sandbox.wait_for(lambda: [m for m in sandbox.messages(GROUP_ID) if m["from"]["is_bot"]])
        assert sent[0]["message_thread_id"] == 11
        sandbox.press(2, GROUP_ID, sent[0]["message_id"], "more:1")
        await sandbox.wait_for(lambda: any(call["method"] == "answerCallbackQuery" for call in sandbox.calls))
        await dispatcher.stop_polling()
        await running
    assert sandbox.messages(GROUP_ID)[-1]["text"] == "more for Omar"


async def test_aiogram_reads_every_kind_of_answer(sandbox: Sandbox) -> None:
    from aiogram import types as aio

    async with aiogram_bot(sandbox) as bot:
        assert (await bot.get_me()).username == "nutgraf_sandbox_bot"
        assert (await bot.get_chat(GROUP_ID)).is_forum
        admins = await bot.get_chat_administrators(CHANNEL_ID)
        assert [type(admin) for admin in admins] == [aio.ChatMemberOwner]
        assert isinstance(await bot.get_chat_member(GROUP_ID, 2), aio.ChatMemberMember)
        await bot.set_my_commands([aio.BotCommand(command="a", description="b")], aio.BotCommandScopeChat(chat_id=1))
        assert (await bot.get_my_commands(aio.BotCommandScopeChat(chat_id=1)))[0].command == "a"
        assert isinstance(await bot.get_chat_menu_button(), aio.MenuButtonDefault)
        sent = await bot.send_document(1, aio.BufferedInputFile(b"<opml/>", "a.opml"), caption="c")
        assert sent.document
        fetched = await bot.download(sent.document)
        assert fetched
        assert fetched.read() == b"<opml/>"
        sandbox.block(2)
        sandbox.message(1, CHANNEL_ID, "post")
        kinds = [update.event_type for update in await bot.get_updates()]
        assert kinds == ["my_chat_member", "channel_post"]


async def test_aiogram_understands_refusals(sandbox: Sandbox) -> None:
    from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter

    async with aiogram_bot(sandbox) as bot:
        with pytest.raises(TelegramBadRequest, match="can't parse entities"):
            await bot.send_message(1, "<b>", parse_mode="HTML")
        sandbox.block(1)
        with pytest.raises(TelegramForbiddenError):
            await bot.send_message(1, "x")
        sandbox.fail_next("sendMessage", 429, "Too Many Requests: retry after 7", {"retry_after": 7})
        with pytest.raises(TelegramRetryAfter) as caught:
            await bot.send_message(2, "x")
        assert caught.value.retry_after == 7


async def test_python_telegram_bot_talks_to_it(sandbox: Sandbox, checker: ModuleType | None) -> None:
    client = telegram.Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot", base_file_url=f"{sandbox.api_url}/file/bot")
    async with client as bot:
        assert bot.username == "nutgraf_sandbox_bot"
        button = telegram.InlineKeyboardButton("More", callback_data="m")
        sent = await bot.send_message(
            GROUP_ID,
            "<b>news</b>",
            parse_mode=ParseMode.HTML,
            message_thread_id=12,
            link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            reply_markup=telegram.InlineKeyboardMarkup([[button]]),
        )
        assert sent.parse_entities() == {sent.entities[0]: "news"}
        sandbox.press(2, GROUP_ID, sent.message_id, "m")
        sandbox.message(2, GROUP_ID, "/help", thread_id=12)
        sandbox.block(2)
        query, message, change = await bot.get_updates(allowed_updates=telegram.Update.ALL_TYPES, timeout=5)
        assert query.callback_query
        assert await query.callback_query.answer("ok")
        assert message.effective_message
        assert message.effective_message.is_topic_message
        assert change.my_chat_member
        assert change.my_chat_member.new_chat_member.status == "kicked"
        edited = await bot.edit_message_text("later", GROUP_ID, sent.message_id)
        assert isinstance(edited, telegram.Message)
        own = await bot.get_chat_member(CHANNEL_ID, 42)
        assert isinstance(own, telegram.ChatMemberAdministrator)
        assert own.can_post_messages
        with pytest.raises(telegram.error.Forbidden, match="blocked by the user"):
            await bot.send_message(2, "x")
        document = await bot.send_document(1, b"<opml/>", filename="a.opml")
        assert document.document
        file = await document.document.get_file()
        assert await file.download_as_bytearray() == b"<opml/>"
    for call in sandbox.calls if checker else ():
        assert checker
        assert checker.check_line(json.dumps(call)) == []
