"""Feeds: from an address to entries, articles and page texts.

The only room that opens connections to the open web, and all of them pass the guard.
"""
