"""When schedules fire: cron and plain phrases, their words, and the moments they name."""
