"""Where the files of a model are: in a folder, or in an object store; imports `runtime`."""
