"""The heart: from message to reply, one file a step, in the order of the data."""
