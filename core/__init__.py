"""What every room may use: settings, clock, ids, errors, logs, metrics, storage and cards.

Nothing here knows about a city, a ticket, a call or the service list.
"""
