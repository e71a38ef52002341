"""What do the items ask about? Content analysis, and what content has to do with structure."""
