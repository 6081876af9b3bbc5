"""The words of the service as frozen types. Standard library only."""
