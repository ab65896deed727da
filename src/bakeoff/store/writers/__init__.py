"""Changes to a model's files, in a folder or in an object store; imports the journal and `store.files`."""
