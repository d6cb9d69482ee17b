"""The sandbox: a local Bot API server with a chat page, for trying the bot without a token and for tests."""
