"""How much variance the measures have in common."""
