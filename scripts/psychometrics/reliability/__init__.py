"""How consistent the scales are at one occasion."""
