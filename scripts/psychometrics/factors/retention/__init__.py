"""How many factors?"""
