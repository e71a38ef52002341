"""What the items ask about: content analysis, and what content has to do with structure."""
