"""RTP passed on as it was encoded: received, decrypted, renumbered, encrypted, sent.

Nothing here decodes or encodes media, and nothing buffers it: a packet leaves in the same call in
which it arrived.
"""
