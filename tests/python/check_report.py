"""Opens a report of `saltus analyze -o DIR` in headless Chromium and lets the page try itself (`?selftest`).

    python tests/python/check_report.py DIR/report.html [--screenshot FILE.png]

Exit 0 if there is no console error, all plots are visible, the tables sort, the molecule turns, zooms and plays.
Needs `chromium` on the path.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

OPTIONS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
           "--disable-component-update --disable-sync --enable-logging=stderr --window-size=1160,3000").split()


def chromium(page, *options):
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", *OPTIONS, f"--user-data-dir={profile}", *options, page]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path)
    parser.add_argument("--screenshot", type=pathlib.Path)
    arguments = parser.parse_args()
    page = arguments.report.resolve().as_uri()
    done = chromium(page + "?selftest", "--dump-dom")
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    outcome = re.search(r'<pre id="selftest">([^<]*)', done.stdout)
    if arguments.screenshot:
        chromium(page, f"--screenshot={arguments.screenshot.resolve()}")
    if errors or not outcome or not outcome[1].startswith("passed"):
        sys.exit("\n".join([*errors, outcome[1] if outcome else "the page did not finish its self-test"]))
    print(outcome[1])


if __name__ == "__main__":
    main()
