"""A small stand-in for the services that the shipped actions call. Knows nothing of the bot."""
