"""The one HTTP port: health, and Telegram's webhook where it is used."""
