"""Stand-ins that speak the vendors' protocols, enforce their rules and inject their faults."""
