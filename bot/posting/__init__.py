"""Results that answer nobody: posted to channels, once, and told apart from the runs that made them."""
