"""Predict how long a fit takes from fits on slices of the training rows, by what libsvm counts or by the clock."""
