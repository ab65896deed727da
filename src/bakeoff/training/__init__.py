"""The steps of the training flow, a file each, and the rules that they follow; imports report and what is below it."""
