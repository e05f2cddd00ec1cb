"""The unified Shen-Guan service list: model, validation, search, and answers with sources."""
