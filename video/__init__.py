"""Video consultations: rooms, signalling, encoded-media forwarding, their record.

`client`, `consultations`, `tables` and `ice` are what the gateway may import; they need no media
library. Everything that touches aiortc runs in its own process, `python -m video`.
"""
