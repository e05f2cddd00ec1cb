"""The list as a managed system: drafts, review, versions, audit, tasks (`register.Register`)."""
