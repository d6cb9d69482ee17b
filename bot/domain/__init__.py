"""What Nutgraf talks about, and the rules that need no clock, wire or disk."""
