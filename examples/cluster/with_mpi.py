"""A campaign by MPI, in one job of many nodes: mpirun -n 64 python -m mpi4py.futures with_mpi.py

Rank 0 hands out molecules, all others run them. If one rank dies, MPI ends all; the same command goes on.
"""

import saltus
from library import MOLECULES, OUTPUT, SETTINGS
from mpi4py.futures import MPIPoolExecutor

if __name__ == "__main__":
    with MPIPoolExecutor() as executor:
        campaign = saltus.campaign(MOLECULES, SETTINGS, executor, output=OUTPUT)
    print(campaign)
