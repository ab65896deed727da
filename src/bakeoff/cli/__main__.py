"""`python -m bakeoff.cli`, the same as the command `bakeoff`."""

import sys

from bakeoff.cli.main import main

sys.exit(main())
