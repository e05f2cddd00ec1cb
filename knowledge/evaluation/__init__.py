"""How good search is on questions residents really ask, and where its weights come from."""
