"""The front door and composition root: resident, agent and admin APIs, sockets, and what runs."""
