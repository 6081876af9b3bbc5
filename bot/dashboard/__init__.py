"""What programs and operators reach over HTTP: webhooks, runs, health."""
