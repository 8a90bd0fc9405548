"""The molecules and settings of a campaign, for all scripts beside it. `python library.py` runs it on this machine alone."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import saltus

# One sequence a line; sequences, paths of PDB files, (name, molecule) pairs and generators of them do as well.
MOLECULES = Path(__file__).with_name("peptides.txt").read_text().split()

# Arguments of saltus.sample. The seed makes the table the same on one machine or a hundred.
SETTINGS = {"ess": 400, "solvent": "gbn2", "max_minutes": 120, "seed": 1}

# On a file system that all nodes see.
OUTPUT = "library"

if __name__ == "__main__":
    with ProcessPoolExecutor() as executor:
        campaign = saltus.campaign(MOLECULES, SETTINGS, executor, output=OUTPUT)
    for failure in campaign.failures:
        print(failure.name, failure.reason)
