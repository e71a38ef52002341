"""How many clients, therapists and sessions a study needs, for a wanted width of an interval or a wanted power."""
