"""CSV and Parquet in batches, schemas and their validation; imports config and what is below it."""
