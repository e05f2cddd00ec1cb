"""The list written for others: JSON, JSON Lines, CSV, XLSX, schema.org and CPSV-AP JSON-LD, BEIR.

Output is deterministic: the same version gives the same bytes. Contacts that are not public are left
out unless asked for. `knowledge.exports.choose` picks what is written, one module writes each format.
"""
