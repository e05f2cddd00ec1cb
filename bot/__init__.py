"""The dialogue engine: Rasa's configuration, components, channel and server.

The only room that imports `rasa` (Python 3.10). It decides which intent a text has and which action
answers it; it never decides what is said, holds no credentials and touches no business system.
"""
