"""Stand-ins for the two cities' business systems, for demonstration and tests.

Each is a separate HTTP service with its own wire format, authentication, state and faults. They serve
synthetic people only and refuse to start outside sandbox mode. The product never imports them: it
talks to them through the same adapters as to the real systems.
"""
