"""Where rows come from; imported by the other configs, imports `config.base`."""
