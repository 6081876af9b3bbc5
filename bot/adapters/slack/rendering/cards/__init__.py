"""What Slack shows of replies, running actions, confirmations and the Home tab."""
