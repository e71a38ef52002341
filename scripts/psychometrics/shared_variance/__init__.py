"""How much variance do the measures have in common?"""
