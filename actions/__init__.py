"""What the bot can do: one file per topic, thin, over `knowledge` and `cities`.

A topic decides which cards answer a turn. It never searches, computes eligibility, formats an account
or talks to a business system itself, and never sees another conversation than the one it is called
for.
"""
