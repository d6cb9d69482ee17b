"""What the bot says, one module a language; each has the names that `en` has."""
