"""Nutgraf: a news briefing service for Telegram."""

__version__ = "0.1.0"
