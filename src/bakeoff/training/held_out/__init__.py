"""The winner's predictions for rows that it was not trained on, for the profile that later rows are compared with."""
