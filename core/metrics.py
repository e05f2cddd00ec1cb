"""Prometheus metrics of this process. Names: `sg_<room>_<what>_<unit>`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    """A counter in our registry; `name` without the `_total` suffix."""
    return Counter(name, text, labels, registry=REGISTRY)


def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
    """A gauge in our registry."""
    return Gauge(name, text, labels, registry=REGISTRY)


def histogram(name: str, text: str, labels: tuple[str, ...] = ()) -> Histogram:
    """A latency histogram in seconds."""
    return Histogram(name, text, labels, registry=REGISTRY, buckets=_BUCKETS)


def exposition() -> bytes:
    """The text of `/metrics`."""
    return generate_latest(REGISTRY)
