"""Human service: tickets, queue, routing, presence, agents.

Knows nothing of how a conversation is stored or how media travels: see `desk.ports`.
"""
