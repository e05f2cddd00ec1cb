"""Browser tests: the whole product, used by real Chromium pages as people use it."""
