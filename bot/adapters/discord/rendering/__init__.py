"""What Discord is shown: pure, and harmless whatever the text."""
