"""Values: names, schedules, parameters, limits and triggers, and the script that registers them."""
