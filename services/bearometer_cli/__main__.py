"""`python -m bearometer_cli` is the `bearometer` command."""

import sys

from bearometer_cli.app import main

sys.exit(main())
