"""Records of other systems, read with mapping profiles.

`guangdong` records of the province's item system become reference material (`imported_items`): old,
never shown to a resident, searched by list editors and *flagged* for Shen-Guan handling, which makes a
prefilled draft (`knowledge.imports.drafts`). Files of our own template become drafts of the list
(`knowledge.imports.listing`). `knowledge.imports.service.Imports` is the way in.
"""
