"""The commands of `python -m knowledge`, one module a group; each has `add(commands)`."""
