"""Secrets: encrypted at rest, handed to actions by name, taken out of every text that leaves (F081-F088)."""
