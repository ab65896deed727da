"""Addresses of object stores and folders, and what is read and written there."""
