"""Looking at what a store holds, from one thing to the next."""
