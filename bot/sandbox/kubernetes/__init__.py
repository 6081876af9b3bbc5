"""Runs each script as a Job of a Kubernetes cluster (docs/guide/kubernetes.md). An extra: ``deskhand[kubernetes]``."""
