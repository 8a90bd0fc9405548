//! CIF text to words (Hall, Allen, Brown 1991, doi:10.1107/S010876739101067X; CIF 1.1): names, values and keywords, with their lines.

use super::fault::{CifFault, Located};

/// One word of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// `data_`.
    Data,
    /// `loop_`.
    Loop,
    /// A data name with its underscore.
    Name(&'a str),
    Value(Value<'a>),
}

/// A value where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
    /// Without quotes: only then `?` and `.` are no values.
    pub(super) bare: bool,
}

impl<'a> Value<'a> {
    /// The text, unless it is `?` (not known) or `.` (none).
    pub(super) fn stated(self) -> Option<&'a str> {
        (!(self.bare && matches!(self.text, "?" | "."))).then_some(self.text)
    }
}

/// The words of a text in turn, each with its line from 1.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    /// The next word; `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Word<'a>)>, Located> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let line = self.line;
        let word = match rest.bytes().next() {
            None => return Ok(None),
            Some(b';') if self.begins_line() => self.text_field()?,
            Some(quote @ (b'\'' | b'"')) => self.quoted(quote)?,
            Some(_) => {
                let end = rest.find(|c: char| c.is_ascii_whitespace());
                let text = &rest[..end.unwrap_or(rest.len())];
                self.at += text.len();
                self.bare(text)?
            }
        };
        Ok(Some((line, word)))
    }

    fn begins_line(&self) -> bool {
        self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n'
    }

    fn fault<T>(&self, fault: CifFault) -> Result<T, Located> {
        Err(Located {
            line: self.line,
            fault,
        })
    }

    /// Blanks, ends of lines, comments.
    fn skip_blanks(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'\n' => self.line += 1,
                b'#' => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                    continue;
                }
                _ if byte.is_ascii_whitespace() => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    /// From `;` at the beginning of a line to the next line that begins so.
    fn text_field(&mut self) -> Result<Word<'a>, Located> {
        let rest = &self.text[self.at..];
        let Some(end) = rest.find("\n;") else {
            return self.fault(CifFault::UnendedText);
        };
        let text = &rest[1..end.max(1)];
        let value = Value {
            line: self.line,
            text: text.strip_suffix('\r').unwrap_or(text),
            bare: false,
        };
        self.line += rest[..end].matches('\n').count() + 1;
        self.at += end + 2;
        Ok(Word::Value(value))
    }

    /// From a mark to the same mark before a blank: `'O5''` holds `O5'`.
    fn quoted(&mut self, quote: u8) -> Result<Word<'a>, Located> {
        let rest = &self.text[self.at + 1..];
        let line = rest.lines().next().unwrap_or("");
        let bytes = line.as_bytes();
        let closes = |&index: &usize| {
            let after = bytes.get(index + 1);
            bytes[index] == quote && after.is_none_or(u8::is_ascii_whitespace)
        };
        let Some(end) = (0..bytes.len()).find(closes) else {
            let quote = char::from(quote);
            return self.fault(CifFault::UnendedQuote { quote });
        };
        self.at += end + 2;
        Ok(Word::Value(Value {
            line: self.line,
            text: &line[..end],
            bare: false,
        }))
    }

    fn bare(&self, text: &'a str) -> Result<Word<'a>, Located> {
        let begins = |word: &str| {
            let start = text.get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        if text.starts_with('_') {
            Ok(Word::Name(text))
        } else if begins("data_") {
            Ok(Word::Data)
        } else if text.eq_ignore_ascii_case("loop_") {
            Ok(Word::Loop)
        } else if begins("save_") || ["global_", "stop_"].iter().any(|word| begins(word)) {
            let word = text.to_owned();
            self.fault(CifFault::Reserved { word })
        } else {
            Ok(Word::Value(Value {
                line: self.line,
                text,
                bare: true,
            }))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(usize, Word<'_>)> {
        let mut words = Words::new(text);
        std::iter::from_fn(|| words.next().unwrap()).collect()
    }

    fn values(text: &str) -> Vec<(&str, bool)> {
        let value = |(_, word)| match word {
            Word::Value(value) => Some((value.text, value.stated().is_some())),
            _ => None,
        };
        words(text).into_iter().filter_map(value).collect()
    }

    #[test]
    fn quotes_end_before_blanks_only() {
        assert_eq!(
            values("'a b' 'O5'' \"it's\" 'x'y' '' \t\"\"\n"),
            [
                ("a b", true),
                ("O5'", true),
                ("it's", true),
                ("x'y", true),
                ("", true),
                ("", true)
            ]
        );
    }

    #[test]
    fn marks_of_no_value_count_without_quotes_only() {
        assert_eq!(
            values("? . '?' \".\" 1.5 a#b # not this ?\n?"),
            [
                ("?", false),
                (".", false),
                ("?", true),
                (".", true),
                ("1.5", true),
                ("a#b", true),
                ("?", false)
            ]
        );
    }

    #[test]
    fn text_fields_span_lines_and_begin_in_the_first_column() {
        let text = "data_X\r\n_a.b\r\n;one\r\n two;\r\n;\r\n_a.c ;no\r\nLOOP_";
        let found = words(text);
        assert_eq!(found[0], (1, Word::Data));
        assert_eq!(found[1], (2, Word::Name("_a.b")));
        let (line, Word::Value(value)) = found[2] else {
            panic!("{found:?}")
        };
        assert_eq!((line, value.text, value.bare), (3, "one\r\n two;", false));
        assert_eq!(found[3], (6, Word::Name("_a.c")));
        assert!(matches!(found[4], (6, Word::Value(value)) if value.text == ";no"));
        assert_eq!(found[5], (7, Word::Loop));
        assert_eq!(values(";\n;\n"), [("", true)]);
    }

    #[test]
    fn what_has_no_end_is_a_fault_in_its_line() {
        for (text, line) in [("_a.b 'x\n'", 1), ("_a.b\n;x\n ;", 2), ("\nsave_x", 2)] {
            let mut words = Words::new(text);
            let fault = loop {
                match words.next() {
                    Ok(found) => assert!(found.is_some(), "{text}"),
                    Err(fault) => break fault,
                }
            };
            assert_eq!(fault.line, line, "{text}");
        }
    }
}
