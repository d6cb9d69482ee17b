"""Telegram: commands in, messages out. Only this room speaks python-telegram-bot."""
