//! Finds the line and column of a key path in a YAML text, so that a check made after parsing can point at its value.
//!
//! It asks the YAML reader itself: the text is read along the path and stopped there, and the reader's error says where it stood.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
}

/// Where the value of `path` (`sampler[0].langevin.steps`) stands; the nearest enclosing section where it does not exist.
pub(crate) fn locate_value(text: &str, path: &str) -> Option<Position> {
    let mut segments = parse_path(path);
    loop {
        let walk = Walk {
            path: &segments,
            twice: None,
        };
        if let Some(position) = stop_position(text, walk) {
            return Some(position);
        }
        segments.pop()?;
    }
}

/// Whether there is a value at `path`.
pub(crate) fn has_value(text: &str, path: &str) -> bool {
    let segments = parse_path(path);
    let walk = Walk {
        path: &segments,
        twice: None,
    };
    stop_position(text, walk).is_some()
}

/// Where `key` stands for the second time in the section at `path`.
pub(crate) fn locate_duplicate(text: &str, path: &str, key: &str) -> Option<Position> {
    let segments = parse_path(path);
    let walk = Walk {
        path: &segments,
        twice: Some(key),
    };
    stop_position(text, walk)
}

fn stop_position(text: &str, walk: Walk<'_>) -> Option<Position> {
    let error = walk
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .err()?;
    let location = error.location()?;
    Some(Position {
        line: location.line(),
        column: location.column(),
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
}

fn parse_path(path: &str) -> Vec<Segment> {
    path.split(['.', '['])
        .filter(|part| !part.is_empty())
        .map(|part| {
            match part
                .strip_suffix(']')
                .and_then(|digits| digits.parse().ok())
            {
                Some(index) => Segment::Index(index),
                None => Segment::Key(part.to_owned()),
            }
        })
        .collect()
}

/// Follows `path`; at its end fails on the value, or on the second occurrence of the key `twice`.
#[derive(Clone, Copy)]
struct Walk<'a> {
    path: &'a [Segment],
    twice: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() && self.twice.is_none() {
            // A visitor without methods refuses whatever value there is, at its position.
            deserializer.deserialize_any(Stop)
        } else {
            deserializer.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut n_seen = 0;
        loop {
            let refuse = self.twice.filter(|_| self.path.is_empty() && n_seen == 1);
            let Some(key) = map.next_key_seed(Key { refuse })? else {
                return Ok(());
            };
            match self.path.split_first() {
                Some((Segment::Key(wanted), rest)) if *wanted == key => {
                    map.next_value_seed(Walk { path: rest, ..self })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            n_seen += usize::from(self.twice == Some(&key));
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            let found = match self.path.split_first() {
                Some((Segment::Index(wanted), rest)) if *wanted == index => {
                    list.next_element_seed(Walk { path: rest, ..self })?
                }
                _ => list.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if found.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

struct Stop;

impl Visitor<'_> for Stop {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("to stop here")
    }
}

/// Reads a key; refuses the one named.
struct Key<'a> {
    refuse: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<String, E> {
        if self.refuse == Some(key) {
            return Err(E::custom("second occurrence"));
        }
        Ok(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, locate_duplicate, locate_value};

    const TEXT: &str = "a: 1\nlist:\n  - x: {deep: [1, 2]}\n  - y: {steps: 3}\na: 2\n";

    fn at(line: usize, column: usize) -> Option<Position> {
        Some(Position { line, column })
    }

    #[test]
    fn finds_values_in_blocks_and_in_braces() {
        assert_eq!(locate_value(TEXT, "list[1].y.steps"), at(4, 16));
        assert_eq!(locate_value(TEXT, "list[0].x.deep[1]"), at(3, 19));
    }

    #[test]
    fn missing_key_points_at_its_section() {
        assert_eq!(locate_value(TEXT, "list[1].y.absent"), at(4, 8));
    }

    #[test]
    fn second_occurrence_is_the_one_reported() {
        assert_eq!(locate_duplicate(TEXT, "", "a"), at(5, 1));
    }
}
