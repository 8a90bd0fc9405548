//! The cheapest one-to-one assignment for a square cost matrix.

/// Smallest total cost of assigning every row to a column of its own; `cost(row, column)` for `n` rows and columns.
///
/// Shortest augmenting paths with dual potentials (Hungarian method), exact, at most O(n^3) time and O(n) memory besides
/// the costs. Source: Jonker and Volgenant 1987, doi:10.1007/BF02278710.
pub(super) fn cheapest_assignment(n: usize, cost: impl Fn(usize, usize) -> f64) -> f64 {
    let mut row_of_column: Vec<Option<usize>> = vec![None; n];
    let mut row_potential = vec![0.0; n];
    let mut column_potential = vec![0.0; n];
    for row in 0..n {
        let path = shortest_path(row, &row_of_column, |row, column| {
            cost(row, column) - row_potential[row] - column_potential[column]
        });
        for column in (0..n).filter(|&column| path.visited[column]) {
            let slack = path.length - path.distance[column];
            column_potential[column] -= slack;
            let matched = row_of_column[column].expect("invariant: visited columns are taken");
            row_potential[matched] += slack;
        }
        row_potential[row] += path.length;
        let mut column = path.free_column;
        loop {
            let from_row = path.from_row[column];
            let freed = row_of_column.iter().position(|&r| r == Some(from_row));
            row_of_column[column] = Some(from_row);
            match freed {
                Some(next) => column = next,
                None => break,
            }
        }
    }
    let assigned = row_of_column.iter().enumerate();
    assigned
        .map(|(column, row)| cost(row.expect("invariant: every column is taken"), column))
        .sum()
}

/// The shortest alternating path from a row to a free column in reduced costs.
struct Path {
    /// The free column it ends at.
    free_column: usize,
    /// Its length.
    length: f64,
    /// Length of the shortest path to every column.
    distance: Vec<f64>,
    /// Row from which every column is reached.
    from_row: Vec<usize>,
    /// Taken columns whose distance is final.
    visited: Vec<bool>,
}

fn shortest_path(
    start_row: usize,
    row_of_column: &[Option<usize>],
    reduced_cost: impl Fn(usize, usize) -> f64,
) -> Path {
    let n = row_of_column.len();
    let mut path = Path {
        free_column: 0,
        length: 0.0,
        distance: vec![f64::INFINITY; n],
        from_row: vec![start_row; n],
        visited: vec![false; n],
    };
    let mut row = start_row;
    loop {
        let mut nearest = None;
        let mut nearest_distance = f64::INFINITY;
        for column in (0..n).filter(|&column| !path.visited[column]) {
            let through = path.length + reduced_cost(row, column);
            if through < path.distance[column] {
                path.distance[column] = through;
                path.from_row[column] = row;
            }
            if path.distance[column] < nearest_distance {
                nearest_distance = path.distance[column];
                nearest = Some(column);
            }
        }
        let column = nearest.expect("invariant: costs are finite and a column is free");
        path.length = nearest_distance;
        match row_of_column[column] {
            Some(next) => {
                path.visited[column] = true;
                row = next;
            }
            None => {
                path.free_column = column;
                return path;
            }
        }
    }
}
