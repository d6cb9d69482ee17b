"""The sample newswire: six fictional outlets with feeds, front pages and article pages on loopback.

All events, people and organisations in it are made up, and every page and feed says so. A few articles are out when it
starts; the others follow one by one, so that a bot that polls it has news for the length of a trial.
"""

from bot.sandbox.newswire.model import Article, FeedStyle, Outlet, Published
from bot.sandbox.newswire.reading import load
from bot.sandbox.newswire.routes import add_routes
from bot.sandbox.newswire.wire import Newswire

__all__ = ["Article", "FeedStyle", "Newswire", "Outlet", "Published", "add_routes", "load"]
