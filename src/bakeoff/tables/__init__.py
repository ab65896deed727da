"""Read tables in batches, infer schemas, validate tables; imports config and the rooms below it."""
