"""The store on a disk: a folder tree in which every object is whole or absent."""
