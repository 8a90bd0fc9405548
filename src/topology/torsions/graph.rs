//! Bridges, sides and pieces of a bond graph, given as the neighbours of every atom.

/// Atoms on the far side of the bond `from`-`to`, `to` itself excluded, sorted.
pub(super) fn beyond(neighbors: &[Vec<usize>], from: usize, to: usize) -> Vec<usize> {
    let mut seen = vec![false; neighbors.len()];
    seen[from] = true;
    seen[to] = true;
    let mut stack = vec![to];
    let mut atoms = Vec::new();
    while let Some(atom) = stack.pop() {
        for &next in &neighbors[atom] {
            if !seen[next] {
                seen[next] = true;
                atoms.push(next);
                stack.push(next);
            }
        }
    }
    atoms.sort_unstable();
    atoms
}

/// Number of the piece that every atom is in once these bonds are cut.
pub(crate) fn pieces(neighbors: &[Vec<usize>], cut: &[[usize; 2]]) -> Vec<usize> {
    let is_cut = |a: usize, b: usize| cut.contains(&[a, b]) || cut.contains(&[b, a]);
    let mut piece = vec![usize::MAX; neighbors.len()];
    let mut n_pieces = 0;
    for start in 0..neighbors.len() {
        if piece[start] != usize::MAX {
            continue;
        }
        piece[start] = n_pieces;
        let mut stack = vec![start];
        while let Some(atom) = stack.pop() {
            for &next in &neighbors[atom] {
                if piece[next] == usize::MAX && !is_cut(atom, next) {
                    piece[next] = n_pieces;
                    stack.push(next);
                }
            }
        }
        n_pieces += 1;
    }
    piece
}

/// Bonds of the shortest ring through a bond; none where the bond is in no ring.
pub(crate) fn smallest_ring(
    neighbors: &[Vec<usize>],
    [first, second]: [usize; 2],
) -> Option<usize> {
    let mut distance = vec![usize::MAX; neighbors.len()];
    distance[first] = 0;
    let mut queue = std::collections::VecDeque::from([first]);
    while let Some(atom) = queue.pop_front() {
        if atom == second {
            return Some(distance[atom] + 1);
        }
        for &next in &neighbors[atom] {
            let is_the_bond = atom == first && next == second;
            if distance[next] == usize::MAX && !is_the_bond {
                distance[next] = distance[atom] + 1;
                queue.push_back(next);
            }
        }
    }
    None
}

/// Bonds whose removal parts the graph (Tarjan, doi:10.1016/0020-0190(74)90003-9), first < second, sorted.
///
/// Written with its own stack: a chain of thousands of atoms would overflow a recursion.
pub(super) fn bridges(neighbors: &[Vec<usize>]) -> Vec<[usize; 2]> {
    let n_atoms = neighbors.len();
    let mut found = Vec::new();
    let mut depth = vec![usize::MAX; n_atoms];
    let mut low = vec![usize::MAX; n_atoms];
    for root in 0..n_atoms {
        if depth[root] != usize::MAX {
            continue;
        }
        depth[root] = 0;
        low[root] = 0;
        let mut stack = vec![(root, usize::MAX, 0)];
        while let Some((atom, parent, next)) = stack.pop() {
            if let Some(&neighbor) = neighbors[atom].get(next) {
                stack.push((atom, parent, next + 1));
                if depth[neighbor] == usize::MAX {
                    depth[neighbor] = depth[atom] + 1;
                    low[neighbor] = depth[neighbor];
                    stack.push((neighbor, atom, 0));
                } else if neighbor != parent {
                    low[atom] = low[atom].min(depth[neighbor]);
                }
            } else if parent != usize::MAX {
                low[parent] = low[parent].min(low[atom]);
                if low[atom] > depth[parent] {
                    found.push([atom.min(parent), atom.max(parent)]);
                }
            }
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rings of three and four atoms, joined by a bond, with a tail.
    fn graph() -> Vec<Vec<usize>> {
        let bonds = [
            [0, 1],
            [1, 2],
            [0, 2],
            [2, 3],
            [3, 4],
            [4, 5],
            [5, 6],
            [3, 6],
            [6, 7],
        ];
        let mut neighbors = vec![Vec::new(); 8];
        for [a, b] in bonds {
            neighbors[a].push(b);
            neighbors[b].push(a);
        }
        neighbors
    }

    #[test]
    fn bridges_rings_and_pieces_of_two_rings_and_a_tail() {
        let graph = graph();
        assert_eq!(bridges(&graph), [[2, 3], [6, 7]]);
        let ring = |bond| smallest_ring(&graph, bond);
        assert_eq!(
            [ring([0, 1]), ring([3, 4]), ring([2, 3])],
            [Some(3), Some(4), None]
        );
        assert_eq!(pieces(&graph, &[[3, 4], [5, 6]]), [0, 0, 0, 0, 1, 1, 0, 0]);
        assert_eq!(beyond(&graph, 2, 3), [4, 5, 6, 7]);
    }
}
