"""What is measured: programs that do one piece of work in a process of their own.

Each takes a folder and what to do from its arguments, and may print figures of its own.
"""
