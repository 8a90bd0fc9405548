#!/bin/sh
# Makes the reference ensembles again: runs each input of this folder, then keeps its summary. From the repository root:
#   data/reference/make.sh [NAME...]
# SALTUS names the program, target/release/saltus if it is not set.
set -eu
saltus=${SALTUS:-target/release/saltus}
[ $# -gt 0 ] || set -- alanine-dipeptide gp ay aaay hexa-alanine elil chignolin
for name in "$@"; do
    "$saltus" run "data/reference/$name.yaml" --force --quiet
    "$saltus" analyze "out/reference/$name" --save-summary "data/reference/$name.json" --force
done
