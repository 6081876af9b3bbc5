"""Slack: how people there talk to the service."""
