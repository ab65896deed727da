"""Which documented commands are not run as they stand, and why. What is not named here is run."""

DOCUMENTS = ["README.md", "README.fr.md", "docs/tutorial.md"]

# The reader's own tables, which a document takes for granted: the members of the tutorial, with its names of columns.
COLUMNS = {"customer_id": "client", "churned": "parti", "joined_on": "inscrit"}
TABLES = {
    "README.md": {"rows.csv": {}, "new.csv": {}},
    "README.fr.md": {"lignes.csv": COLUMNS, "nouvelles.csv": COLUMNS},
    "docs/tutorial.md": {},  # it makes its own
}

# Commands that stay: started in a terminal of their own, held to come up, and ended when the document is through.
STAYING = {
    "make server": "PORT={server}",
    "make worker": "",
    ".venv/bin/bakeoff ui": "--port {pages}",
}

# Shown by `make -n`: what it would do is put together, and not done.
DRY = {
    "make demo": "runs a server and a stream of days, for minutes; tests/stack/test_demo.py runs a short one",
    "make test": "runs the tests that this one stands beside, for minutes",
    "make notebook": "installs JupyterLab and opens a browser; tests/notebooks/test_data_generate.py runs the notebook",
}

# Not given once more, for time: README.md has the same, and nothing that follows here needs it.
GIVEN = {
    ("docs/tutorial.md", "make train"): "make train",
    ("README.fr.md", 'make train ARGS="--config examples/seed.yaml"'): 'make train ARGS="--config examples/seed.yaml"',
    ("README.fr.md", ".venv/bin/bakeoff report --deep --name classifier"): (
        ".venv/bin/bakeoff report [VERSION] --deep --name classifier"
    ),
    (
        "README.fr.md",
        ".venv/bin/bakeoff models rollback --name classifier",
    ): ".venv/bin/bakeoff models rollback --name classifier",  # of two versions
    ("README.fr.md", ".venv/bin/bakeoff models resume --name classifier"): (
        ".venv/bin/bakeoff models resume --name classifier"
    ),
}

# Docker is for tests/compose. What stands here is what of which test there gives the command, or one that says as much.
UP = ("conftest.py", "up", 'compose("up", "-d", "worker")')
BY_HAND = ("test_compose.py", "test_training_and_prediction_by_hand")
COMPOSE = {
    "docker-compose up -d worker": UP,
    "docker-compose up --build worker": UP,  # test_the_image_is_lean_… builds
    "docker-compose run training": (*BY_HAND, 'compose("run", "--rm", "training"'),
    "docker-compose run prediction": (*BY_HAND, 'compose("run", "--rm", "prediction")'),
}
