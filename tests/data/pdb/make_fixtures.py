"""Make as_deposited.pdb and bad/*.pdb from two small peptides that `saltus build` wrote.

Usage: python make_fixtures.py AHSG.pdb AHIP.pdb    (sequences ALA-HIE-SER-GLY and ALA-HIP; Python 3.9 or later, no packages)
The first line of every bad file says which parts its message must hold, separated by ' | '.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def atoms(path):
    return [line for line in pathlib.Path(path).read_text().splitlines() if line.startswith("ATOM")]


def name(line):
    return line[12:16].strip()


def residue(line):
    return int(line[22:26])


def put(line, start, text):
    return line[: start - 1] + text + line[start - 1 + len(text) :]


def deposited(first, second):
    """Heavy atoms of chain A with an insertion code, two locations and waters; chain B with some hydrogens; two models."""
    out = ["HEADER    PEPTIDE", "MODEL        1"]
    numbers = {1: "  10 ", 2: "  11 ", 3: "  11A", 4: "  12 "}
    for line in first:
        if name(line).startswith("H") or name(line) == "OXT":
            continue
        line = put(put(line, 23, numbers[residue(line)]), 18, line[17:20].replace("HIE", "HIS"))
        if name(line) == "OG":
            out.append(put(put(line, 17, "A"), 55, "  0.40"))
            moved = f"{float(line[30:38]) + 0.1:8.3f}"
            out.append(put(put(put(line, 17, "B"), 55, "  0.60"), 31, moved))
        else:
            out.append(line)
    out.append("TER")
    for line in second:
        line = put(put(line, 22, "B"), 18, line[17:20].replace("HIP", "HIS"))
        line = put(line, 31, f"{float(line[30:38]) + 30.0:8.3f}")
        out.append(line if name(line) != "HD1" else line[:66])
    out.append("TER")
    water = "HETATM  900  O   HOH A 101      10.000  50.000  50.000  1.00 30.00           O"
    out += [water, "ENDMDL", "MODEL        2"] + [put(line, 31, "   0.000") for line in first] + ["ENDMDL", "END"]
    return out


def bad_files(first):
    """Name, parts of the message, lines."""
    heavy = [line for line in first if not name(line).startswith("H")]
    zinc = "HETATM  900 ZN    ZN A 201      10.000  50.000  50.000  1.00 30.00          ZN"
    water = "HETATM  900  O   HOH A 101      10.000  50.000  50.000  1.00 30.00           O"
    serine = [i for i, line in enumerate(heavy) if residue(line) == 3]
    og = next(i for i, line in enumerate(heavy) if name(line) == "OG")
    lines = lambda i: i + 2  # the REMARK is line 1
    yield "no_atoms", "no atoms of a peptide", ["END"]
    yield "only_water", "no atoms of a peptide", [water]
    yield "ion", f":{len(heavy) + 2}: unknown residue 'ZN 201 (chain A)' | remove them", heavy + [zinc]
    yield "two_ligands", "unknown residue 'ZN 201 (chain A)' | also unknown: LIG 202 (chain A)", heavy + [
        zinc, zinc.replace(" ZN A 201", "LIG A 202")]
    yield "misspelt_residue", ":2: unknown residue 'ALX 1 (chain A)' | did you mean ALA", [
        line.replace("ALA", "ALX") for line in heavy]
    yield "unknown_atom", f":{lines(og)}: unknown atom 'OGX' in residue SER 3 (chain A) | did you mean OG", (
        heavy[:og] + [put(heavy[og], 13, " OGX")] + heavy[og + 1 :])
    yield "missing_heavy", f":{lines(serine[0])}: residue SER 3 (chain A) lacks the heavy atoms CB, OG | PDBFixer", [
        line for line in heavy if not (residue(line) == 3 and name(line) in ("CB", "OG"))]
    yield "twice", f":{lines(og) + 1}: atom OG of residue SER 3 (chain A) occurs twice", heavy[: og + 1] + heavy[og:]
    yield "chain_break", "chain break: C of ALA 1 (chain A) and N of SER 3 (chain A) are | TER", [
        line for line in heavy if residue(line) != 2]
    yield "bad_coordinate", ":2: x (columns 31-38) is 'abc', expected a number", [put(heavy[0], 31, "   abc  ")] + heavy[1:]
    yield "short_line", ":2: z (columns 47-54) is '', expected a number", [heavy[0][:46]] + heavy[1:]
    yield "cyclic", "CONECT bonds ALA 1 N to GLY 4 C | head-to-tail rings", heavy + [
        "CONECT" + next(line[6:11] for line in heavy if name(line) == "N")
        + next(line[6:11] for line in heavy if name(line) == "C" and residue(line) == 4)]
    yield "cap_inside", ":2: cap NME 1 (chain A) stands", [
        put(put(line, 18, "NME"), 13, " C  " if name(line) == "CA" else line[12:16])
        for line in heavy if residue(line) == 1 and name(line) in ("N", "CA")] + [l for l in heavy if residue(l) > 1]


def main():
    first, second = atoms(sys.argv[1]), atoms(sys.argv[2])
    (HERE / "as_deposited.pdb").write_text("\n".join(deposited(first, second)) + "\n")
    (HERE / "bad").mkdir(exist_ok=True)
    for file, expected, lines in bad_files(first):
        text = "\n".join([f"REMARK expect: {expected}", *lines]) + "\n"
        (HERE / "bad" / f"{file}.pdb").write_text(text)


if __name__ == "__main__":
    main()
