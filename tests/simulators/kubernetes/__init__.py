"""A small API server with one node: it admits, runs, logs and deletes the way Kubernetes does."""

from tests.simulators.kubernetes.server import TOKEN, KubernetesSimulator

__all__ = ["TOKEN", "KubernetesSimulator"]
