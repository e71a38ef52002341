"""How consistent are the scales at one occasion?"""
