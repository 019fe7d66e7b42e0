"""Torture: a store that is killed, damaged, crowded, starved and fed hostile files, and what is left of it.

Nothing in the product helps: a child process wraps the functions that are the steps of its work, and dies in them.
"""
