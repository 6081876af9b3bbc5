"""Discord: community members ask in threads, forums and direct messages."""
