"""A campaign by Dask: workers come and go, and what a lost one had in hand is run by another."""

import saltus
from dask.distributed import Client, LocalCluster
from library import MOLECULES, OUTPUT, SETTINGS

if __name__ == "__main__":
    # On a cluster, of the package dask-jobqueue:
    # cluster = SLURMCluster(cores=1, processes=1, memory="2GB", walltime="04:00:00"); cluster.adapt(maximum_jobs=100)
    with LocalCluster(threads_per_worker=1) as cluster, Client(cluster) as client:
        campaign = saltus.campaign(MOLECULES, SETTINGS, client.get_executor(), output=OUTPUT)
    print(campaign)
