"""The Discord adapter: the real discord.py on a simulated Discord."""
