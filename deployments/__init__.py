"""Names, schedules, parameters, limits and automations of deployments; the commands that register, serve and work."""
