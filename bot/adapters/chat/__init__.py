"""What every chat platform needs: pacing, tasks, where we listen, how work is shown."""
