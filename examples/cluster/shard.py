"""One part of a campaign: `python shard.py I N` runs every N-th molecule from the I-th on, counted from 0."""

import sys

import saltus
from library import MOLECULES, OUTPUT, SETTINGS

TO_BE_CONTINUED = 75

place, n_shards = map(int, sys.argv[1:3])
try:
    # A job has one core here; molecules are the better thing to do many of at once.
    saltus.campaign(
        MOLECULES,
        {**SETTINGS, "threads": 1},
        output=OUTPUT,
        shard=(place, n_shards),
        overview="--no-overview" not in sys.argv,
    )
except KeyboardInterrupt:
    # SIGTERM, as before a time limit: what ran has its checkpoint, and the same command goes on.
    sys.exit(TO_BE_CONTINUED)
