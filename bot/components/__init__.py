"""Graph components of the NLU pipeline in `config.yml`."""
