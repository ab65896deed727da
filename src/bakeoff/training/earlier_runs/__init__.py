"""What a run knows of earlier runs: whether it has anything new, and how often they have looked at the champion."""
