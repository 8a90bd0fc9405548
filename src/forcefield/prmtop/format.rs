//! `%FORMAT(10I8)`: how many entries stand in a line, of which kind, how wide.

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `a`.
    Text,
    /// `I`.
    Integer,
    /// `E` or `F`.
    Real,
    /// Anything else: of use to other programs only.
    Other,
}

impl Kind {
    /// In words, with an example.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Text => "text, as in 20a4",
            Self::Integer => "integers, as in 10I8",
            Self::Real => "numbers, as in 5E16.8",
            Self::Other => "a Fortran format",
        }
    }
}

/// A Fortran format of equal entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    /// Between the brackets.
    pub(super) text: String,
    pub(super) kind: Kind,
    /// Most entries in a line.
    pub(super) per_line: usize,
    /// Characters of an entry.
    pub(super) width: usize,
}

impl Format {
    /// From what stands after `%FORMAT`; `None` where there are no brackets.
    pub(super) fn parse(rest: &str) -> Option<Self> {
        let text = rest.trim().strip_prefix('(')?.strip_suffix(')')?.trim();
        // CHAMBER writes 8(F9.5) for 8F9.5.
        let plain = text.replace(['(', ')'], "");
        let (kind, per_line, width) = simple(&plain).unwrap_or((Kind::Other, 1, usize::MAX));
        Some(Self {
            text: text.to_owned(),
            kind,
            per_line,
            width,
        })
    }
}

/// Repeat count (1 where it is missing), letter, width, decimals that do not matter for reading.
fn simple(text: &str) -> Option<(Kind, usize, usize)> {
    let letter = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, rest) = text.split_at(letter);
    let kind = match rest.chars().next()?.to_ascii_lowercase() {
        'a' => Kind::Text,
        'i' => Kind::Integer,
        'e' | 'f' | 'd' | 'g' => Kind::Real,
        _ => return None,
    };
    let (width, decimals) = rest[1..].split_once('.').unwrap_or((&rest[1..], "0"));
    decimals.parse::<usize>().ok()?;
    let count = match count {
        "" => 1,
        digits => digits.parse().ok()?,
    };
    let width = width.parse().ok()?;
    (count > 0 && width > 0).then_some((kind, count, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_amber_and_parmed_are_known() {
        let known = |text: &str| {
            let format = Format::parse(text)?;
            Some((format.kind, format.per_line, format.width))
        };
        assert_eq!(known("(20a4)  "), Some((Kind::Text, 20, 4)));
        assert_eq!(known("(10I8)"), Some((Kind::Integer, 10, 8)));
        assert_eq!(known("(5E16.8)"), Some((Kind::Real, 5, 16)));
        assert_eq!(known("(8(F9.5))"), Some((Kind::Real, 8, 9)));
        assert_eq!(known("(a80)"), Some((Kind::Text, 1, 80)));
        assert_eq!(known("(i2,a78)"), Some((Kind::Other, 1, usize::MAX)));
        assert_eq!(known("10I8"), None);
    }
}
