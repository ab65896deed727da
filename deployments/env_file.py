"""Write .env for docker-compose, with random secrets, and create the folders that it mounts; an existing file is kept.

python3 -m deployments.env_file      # `make env`
"""

import os
import secrets
import sys
from pathlib import Path

ENV = Path(__file__).resolve().parents[1] / ".env"
MOUNTED = (ENV.parent / "data", ENV.parent / "keys", ENV.parent / "secrets")
# No name begins with PREFECT_: Prefect reads .env, too, and would use those for runs outside of docker-compose.
TEMPLATE = """\
# Secrets and settings of docker-compose.yml; written once by `make env`, never committed.

# The pages at http://127.0.0.1:4200 ask for this, whole; so do workers on other machines (PREFECT_API_AUTH_STRING).
BAKEOFF_AUTH=admin:{auth}
# Fixed when the database is made: to change it later, change it in PostgreSQL too.
BAKEOFF_DATABASE_PASSWORD={password}

# The server's port on 127.0.0.1.
BAKEOFF_PORT=4200
# A folder whose files a run finds under data/, read-only.
BAKEOFF_DATA=./data
# Folders that a run finds as keys/ and secrets/, read-only; the service `prediction` is not given the secrets.
BAKEOFF_KEYS=./keys
BAKEOFF_SECRETS=./secrets
# What tells whether a model is signed (keys/public.pem), and what signs (secrets/private.pem); empty: neither.
BAKEOFF_SIGNING_PUBLIC_KEY=
BAKEOFF_SIGNING_PRIVATE_KEY=
# Memory that a worker, or a run by hand, may take.
BAKEOFF_WORKER_MEMORY=4g
# Where a person is told of runs that failed, crashed or were not taken up, of drift and of new champions: an incoming
# webhook of Slack, say.
BAKEOFF_WEBHOOK_URL=
"""


def main() -> int:
    """Write the file unless it exists; returns the exit status."""
    for folder in MOUNTED:
        folder.mkdir(exist_ok=True)  # else Docker would make it, owned by root
    try:
        descriptor = os.open(ENV, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(".env is there already and stays as it is")
        return 0
    with os.fdopen(descriptor, "w") as file:
        file.write(TEMPLATE.format(auth=secrets.token_urlsafe(24), password=secrets.token_urlsafe(24)))
    print("wrote .env with random secrets; keep it, the database is made with them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
