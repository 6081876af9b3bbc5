"""The simulators are held to the vendors' own clients."""
