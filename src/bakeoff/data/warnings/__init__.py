"""What to beware of in the rows and their split; imported by `prepare`, imports the datasets and the split."""
