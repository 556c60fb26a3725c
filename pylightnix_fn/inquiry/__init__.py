"""Questions to a store: what is there, what it is, what keeps it, how two of it differ.

Everything here reads, and gives back values (`findings`) that print in 80 columns and as JSON. What
is damaged is passed over where many objects are looked at, and an error where one is asked for.
"""
