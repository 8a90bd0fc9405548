//! XML text as a tree of elements that know their line.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::error::{Location, XmlFault};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;

/// One element with its attributes, child elements and text; comments are dropped.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) tag: String,
    pub(crate) location: Location,
    pub(crate) children: Vec<Element>,
    /// What stands between the tags of the element itself.
    pub(crate) text: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// Child elements of one tag.
    pub(super) fn children_named<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.tag == tag)
    }

    /// Value of an attribute, if it is there.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Value of an attribute that has to be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ForceFieldError> {
        self.attribute(name)
            .ok_or_else(|| self.missing_attribute(name))
    }

    /// A finite number that has to be there.
    pub(crate) fn number(&self, name: &str) -> Result<f64, ForceFieldError> {
        let text = self.required(name)?;
        match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(self.malformed_number(name, text, "a finite number")),
        }
    }

    /// A number within the limits of what makes physical sense, which has to be there.
    pub(super) fn plausible(&self, name: &str, limits: &Limits) -> Result<f64, ForceFieldError> {
        let value = self.number(name)?;
        if value < limits.least || value > limits.most {
            return Err(self.malformed_number(name, self.required(name)?, limits.expected));
        }
        Ok(value)
    }

    /// A non-negative integer that has to be there.
    pub(crate) fn integer(&self, name: &str) -> Result<u32, ForceFieldError> {
        let text = self.required(name)?;
        text.trim()
            .parse()
            .map_err(|_| self.malformed_number(name, text, "an integer from 0"))
    }

    /// Error for an attribute that is there but is not what it has to be.
    pub(super) fn malformed_number(
        &self,
        name: &str,
        value: &str,
        expected: &'static str,
    ) -> ForceFieldError {
        self.fault(XmlFault::MalformedNumber {
            element: self.tag.clone(),
            attribute: name.to_owned(),
            value: value.to_owned(),
            expected,
        })
    }

    /// Error for a section or element that is not implemented.
    pub(crate) fn unsupported(&self, remedy: impl Into<String>) -> ForceFieldError {
        self.fault(XmlFault::Unsupported {
            section: self.tag.clone(),
            remedy: remedy.into(),
        })
    }

    /// Any other error at this element.
    pub(crate) fn malformed(&self, message: impl Into<String>) -> ForceFieldError {
        self.fault(XmlFault::Malformed(message.into()))
    }

    /// Error for an attribute that has to be there and is not.
    pub(super) fn missing_attribute(&self, name: &str) -> ForceFieldError {
        self.fault(XmlFault::MissingAttribute {
            element: self.tag.clone(),
            attribute: name.to_owned(),
        })
    }

    /// A fault at this element.
    pub(crate) fn fault(&self, fault: XmlFault) -> ForceFieldError {
        fault.at(&self.location)
    }
}

/// Counts newlines while the reader advances.
struct LineCounter<'a> {
    file: &'a str,
    text: &'a str,
    position: usize,
    line: usize,
}

impl LineCounter<'_> {
    fn advance(&mut self, position: u64) -> Location {
        let position = usize::try_from(position)
            .expect("invariant: a position in a text fits its length type")
            .min(self.text.len());
        let passed = &self.text.as_bytes()[self.position.min(position)..position];
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
        self.position = self.position.max(position);
        Location {
            file: self.file.to_owned(),
            line: self.line,
        }
    }
}

/// Root element of a document.
///
/// # Errors
/// [`XmlFault::Malformed`] with the line where the text stops being well-formed XML.
pub(crate) fn parse(file: &str, text: &str) -> Result<Element, ForceFieldError> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut lines = LineCounter {
        file,
        text,
        position: 0,
        line: 1,
    };
    let mut open: Vec<Element> = Vec::new();
    loop {
        let location = lines.advance(reader.buffer_position());
        let event = reader.read_event();
        let closed = match event {
            Err(error) => {
                let location = lines.advance(reader.error_position());
                let message = format!("not well-formed XML: {error}");
                return Err(XmlFault::Malformed(message).at(&location));
            }
            Ok(Event::Start(start)) => {
                open.push(element(&start, location)?);
                None
            }
            Ok(Event::Empty(start)) => Some(element(&start, location)?),
            Ok(Event::End(_)) => open.pop(),
            Ok(Event::Text(text)) => {
                let text = text.xml10_content();
                if let Some(around) = open.last_mut().filter(|_| !text.trim().is_empty()) {
                    around.text.push_str(&text);
                }
                None
            }
            Ok(Event::Eof) => {
                let unclosed = open.last().map_or_else(
                    || "the file has no element; expected <ForceField>".to_owned(),
                    |last| format!("the file ends before </{}>: is it cut off?", last.tag),
                );
                return Err(XmlFault::Malformed(unclosed).at(&location));
            }
            Ok(_) => None,
        };
        if let Some(done) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None => return Ok(done),
            }
        }
    }
}

fn element(start: &BytesStart<'_>, location: Location) -> Result<Element, ForceFieldError> {
    let malformed = |error: &dyn std::fmt::Display| {
        XmlFault::Malformed(format!("malformed attribute: {error}")).at(&location)
    };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| malformed(&error))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| malformed(&error))?;
        attributes.push((attribute.key.0.to_owned(), value.into_owned()));
    }
    Ok(Element {
        tag: start.name().0.to_owned(),
        location,
        children: Vec::new(),
        text: String::new(),
        attributes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_know_their_lines_and_attributes() {
        let root = parse(
            "x.xml",
            "<?xml version='1.0'?>\n<A>\n <!-- c\n -->\n <B k='1&lt;2'/> 3 4<!-- c -->\n5</A>",
        )
        .unwrap();
        assert_eq!((root.tag.as_str(), root.location.line), ("A", 2));
        let child = &root.children[0];
        assert_eq!(child.location.line, 5);
        assert_eq!(child.attribute("k"), Some("1<2"));
        assert_eq!(
            root.text.split_whitespace().collect::<Vec<_>>(),
            ["3", "4", "5"]
        );
    }

    #[test]
    fn broken_documents_are_refused_with_their_line() {
        for (text, line) in [
            ("<A>\n<B>\n</A>", 3),
            ("<A>\n", 2),
            ("", 1),
            ("<A k=1/>", 1),
        ] {
            let error = parse("x.xml", text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("x.xml:{line}: ")),
                "{text:?}: {error}"
            );
        }
    }
}
