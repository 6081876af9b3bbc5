"""Offline mode: plans and answers by rules when no language model is set. Never pretends to be one."""
