"""Predictions for rows that their model was not trained on, and the profile that later rows are compared with."""
