"""Turns answers and records into what Slack shows. Pure: no network, no clock."""
