"""What Nutgraf does, step by step along the flow: ingest, condense, briefings, delivery; and what chats ask for."""
