//! The text form: a title, the number of atoms (and the time), then numbers in twelve columns each, six in a line, in Å.

use super::Coordinates;
use super::error::InpcrdError;
use crate::units::NM_PER_ANGSTROM;

const WIDTH: usize = 12;
const PER_LINE: usize = 6;
/// Twenty-four columns: lengths and angles of a box, or lengths alone.
const BOX_SIZES: [usize; 2] = [3, 6];
/// No velocity in AMBER's units (20.455 Å/ps) is as large as an angle of a box.
const ANGLE_OF_BOX: f64 = 30.0;

/// Positions of a text; `file` is for messages.
pub(super) fn parse(text: &str, file: &str) -> Result<Coordinates, InpcrdError> {
    let second = text.lines().nth(1).unwrap_or_default();
    let first_word = second.split_whitespace().next().unwrap_or_default();
    // AMBER counts in 32 bits, which three coordinates an atom cannot overflow here.
    let count = first_word.parse::<u32>().ok().filter(|&n| n > 0);
    let count = count.and_then(|n| usize::try_from(n).ok());
    let atoms = count.ok_or_else(|| InpcrdError::NoCount {
        file: file.to_owned(),
        got: second.trim().chars().take(40).collect(),
    })?;
    let mut numbers = Vec::new();
    let mut last_line = 2;
    for (index, line) in text.lines().enumerate().skip(2) {
        let line = line.trim_end();
        if !line.is_empty() {
            last_line = index + 1;
            numbers.extend(numbers_of(line, file, last_line)?);
        }
    }
    let expected = 3 * atoms;
    let rest = numbers.get(expected..);
    let Some([has_velocities, has_box]) = rest.and_then(|rest| meaning(rest, expected)) else {
        return Err(InpcrdError::Length {
            file: file.to_owned(),
            line: last_line,
            atoms,
            got: numbers.len(),
            expected,
        });
    };
    let positions = numbers[..expected].chunks_exact(3);
    Ok(Coordinates {
        positions: positions
            .map(|xyz| std::array::from_fn(|axis| xyz[axis] * NM_PER_ANGSTROM))
            .collect(),
        has_velocities,
        has_box,
    })
}

/// The numbers of a line.
fn numbers_of(line: &str, file: &str, number: usize) -> Result<Vec<f64>, InpcrdError> {
    let characters: Vec<char> = line.chars().collect();
    let fault = |column: usize, got: &str| InpcrdError::Number {
        file: file.to_owned(),
        line: number,
        first: column + 1,
        last: column + WIDTH,
        got: got.to_owned(),
    };
    let number = |(index, field): (usize, &[char])| {
        let text: String = field.iter().collect();
        let value = text.trim().parse::<f64>().ok();
        let value = value.filter(|value| value.is_finite() && index < PER_LINE);
        value.ok_or_else(|| fault(index * WIDTH, text.trim()))
    };
    characters.chunks(WIDTH).enumerate().map(number).collect()
}

/// Whether velocities and a box follow the coordinates; `None` where the numbers are of neither.
///
/// Velocities of one or two atoms look like a box; angles tell it.
fn meaning(rest: &[f64], coordinates: usize) -> Option<[bool; 2]> {
    let is_box = |numbers: &[f64]| {
        let angles = numbers.get(3..).unwrap_or_default();
        BOX_SIZES.contains(&numbers.len()) && angles.iter().all(|&angle| angle >= ANGLE_OF_BOX)
    };
    match rest.len() {
        0 => Some([false, false]),
        n if n == coordinates && !(n == 6 && is_box(rest)) => Some([true, false]),
        _ if is_box(rest) => Some([false, true]),
        n if n > coordinates && is_box(&rest[coordinates..]) => Some([true, true]),
        _ => None,
    }
}
