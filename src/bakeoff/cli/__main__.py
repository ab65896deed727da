"""`python -m bakeoff.cli`, as the command `bakeoff`."""

import sys

from bakeoff.cli.main import main

sys.exit(main())
