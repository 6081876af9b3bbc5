"""Benchmarks with their bounds; ``python -m benchmarks`` runs all of them."""
