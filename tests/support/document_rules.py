"""Which documented commands are not run as they stand, and why. What is not named here is run."""

DOCUMENTS = ["README.md", "README.fr.md", "docs/tutorial.md"]

# The reader's own tables, which a document takes for granted: the members of the tutorial, with its names of columns.
COLUMNS = {"customer_id": "client", "churned": "parti", "joined_on": "inscrit"}
TABLES = {
    "README.md": {"rows.csv": {}},
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

# What the document takes for granted before a command.
BEFORE = {
    ("README.md", "PREFECT_API_URL=http://127.0.0.1:4200/api make train"): (
        "export BAKEOFF_SIGNING_PRIVATE_KEY=keys/private.pem",
        "the store was signed further up; the document names this variable for those who train from then on",
    ),
}

# Docker is for tests/compose. What stands here is what of which test there gives the command, or one that says as much.
UP = ("conftest.py", "up", 'compose("up", "-d", "worker")')
BY_HAND = ("test_compose.py", "test_training_and_prediction_by_hand")
SCALED = ("test_compose.py", "test_a_dask_cluster_fits_what_it_is_asked_to")
COMPOSE = {
    "docker-compose up worker": UP,
    "docker-compose up --build worker": UP,  # test_the_image_is_lean_… builds
    "docker-compose run training": (*BY_HAND, 'compose("run", "--rm", "training"'),
    "docker-compose run prediction": (*BY_HAND, 'compose("run", "--rm", "prediction")'),
    """docker-compose run --rm --entrypoint prefect training deployment run training/nightly \
--param 'config={"dataset": {"n_samples": 2000}}'""": (
        "test_compose.py", "test_a_worker_takes_up_what_is_asked_for",
        """"run", "--rm", "--entrypoint", "prefect", "training",
        "deployment", "run", "training/nightly", "--param",""",
    ),
    "docker-compose up --scale worker=3": (
        "test_compose.py", "test_several_workers_share_the_work", 'up("up", "-d", "--scale", "worker=3")',
    ),
    "docker-compose --profile scale up -d --scale dask-worker=4": (
        *SCALED, 'up("--profile", "scale", "up", "-d", "--scale", "dask-worker=',
    ),
    "docker-compose run training --runner dask --dask.address tcp://scheduler:8786": (
        *SCALED, '"--runner", "dask", "--dask.address", "tcp://scheduler:8786"',
    ),
}  # fmt: skip
