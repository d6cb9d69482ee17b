"""What each command does: translate, call a service, answer."""
