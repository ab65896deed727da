"""Copies of versions in an object store or a folder; imports the store and `runtime.objects`."""
