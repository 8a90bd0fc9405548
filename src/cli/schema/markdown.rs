//! A JSON schema as Markdown: one section for every group of keys, one table row for every key.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value};

/// Where a schema keeps the parts that it refers to.
const PARTS: &str = "#/$defs/";

/// The schema's title, its keys, and a section for every part that its keys refer to, each part once, where it is first met.
pub(super) fn tables(schema: &Value) -> String {
    let mut writer = Writer {
        parts: schema["$defs"].as_object().cloned().unwrap_or_default(),
        text: String::new(),
        waiting: Vec::new(),
        seen: BTreeSet::new(),
    };
    writer.section(1, "Input", schema);
    writer.text
}

struct Writer {
    parts: Map<String, Value>,
    text: String,
    /// Sections that come below the one that is being written: level of the heading, heading, schema.
    waiting: Vec<(usize, String, Value)>,
    seen: BTreeSet<String>,
}

impl Writer {
    /// The section of a part, then those of the parts in it.
    fn section(&mut self, level: usize, heading: &str, schema: &Value) {
        let above = std::mem::take(&mut self.waiting);
        self.table(level, heading, schema);
        for (level, heading, part) in std::mem::replace(&mut self.waiting, above) {
            self.section(level, &heading, &part);
        }
    }

    fn table(&mut self, level: usize, heading: &str, schema: &Value) {
        let marks = "#".repeat(level);
        let description = description(schema);
        let _ = write!(self.text, "{marks} {heading}\n\n{description}\n\n");
        for alternative in alternatives(schema) {
            self.alternative(level, alternative);
        }
        let Some(keys) = schema["properties"].as_object() else {
            return;
        };
        let required: Vec<&str> = (schema["required"].as_array())
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        self.text += "| key | value | default | |\n|---|---|---|---|\n";
        let is_required = |key: &String| required.contains(&key.as_str());
        let (first, then): (Vec<_>, Vec<_>) = keys.iter().partition(|(key, _)| is_required(key));
        for (key, value) in first.into_iter().chain(then) {
            let default = match &value["default"] {
                _ if required.contains(&key.as_str()) => "required".to_owned(),
                Value::Null | Value::Object(_) => String::new(),
                Value::String(word) => format!("`{word}`"),
                default => format!("`{default}`"),
            };
            let kind = self.kind(key, value);
            let meaning = self.meaning(value);
            let _ = writeln!(self.text, "| `{key}` | {kind} | {default} | {meaning} |");
        }
        self.text.push('\n');
    }

    /// An entry that is a group with one key, such as a kernel, or one of several whole inputs.
    fn alternative(&mut self, level: usize, schema: &Value) {
        let key = (schema["properties"].as_object()).and_then(|keys| keys.iter().next());
        match (key, schema["$ref"].as_str()) {
            (Some((name, value)), _) => {
                let mut part = value.clone();
                let name = format!("`{name}`");
                if let Some(settings) = self.part(value) {
                    part = settings.clone();
                }
                part["description"] = Value::String(description(schema));
                self.later(level + 1, &name, &name, part);
            }
            (None, Some(_)) => {
                if let Some(part) = self.part(schema).cloned() {
                    let heading = description(&part);
                    self.later(level + 1, &heading, &heading, part);
                }
            }
            (None, None) => {}
        }
    }

    fn later(&mut self, level: usize, name: &str, heading: &str, part: Value) {
        if self.seen.insert(name.to_owned()) {
            self.waiting.push((level, heading.to_owned(), part));
        }
    }

    /// The part that a schema refers to.
    fn part(&self, schema: &Value) -> Option<&Value> {
        self.parts
            .get(schema["$ref"].as_str()?.strip_prefix(PARTS)?)
    }

    /// What a value is, in words; a group of keys gets a section of its own.
    fn kind(&mut self, key: &str, schema: &Value) -> String {
        if let Some(part) = self.part(schema).cloned() {
            if part["properties"].is_object() || alternatives(&part).any(is_group) {
                self.later(2, key, &format!("`{key}`"), part);
                return "keys, below".to_owned();
            }
            let words: Vec<String> = alternatives(&part).filter_map(word).collect();
            if !words.is_empty() {
                return words.join(", ");
            }
            return self.kind(key, &part);
        }
        if let Some(word) = word(schema) {
            return word;
        }
        if let Some(list) = ["anyOf", "oneOf"]
            .iter()
            .find_map(|of| schema[of].as_array())
        {
            let kinds: Vec<String> = (list.iter())
                .filter(|option| option["type"] != "null")
                .map(|option| self.kind(key, option))
                .collect();
            return kinds.join(", or ");
        }
        let name = match &schema["type"] {
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .find(|&name| name != "null"),
            name => name.as_str(),
        };
        match name {
            Some("integer") => "whole number".to_owned(),
            Some("number") => "number".to_owned(),
            Some("boolean") => "`true`, `false`".to_owned(),
            Some("string") => "text".to_owned(),
            Some("array") => match self.kind(key, &schema["items"]) {
                items if items.starts_with("keys") => "list of entries, below".to_owned(),
                items => format!("list: {items}"),
            },
            _ => String::new(),
        }
    }

    /// The sentences about a key, and about each word that it may have.
    fn meaning(&self, schema: &Value) -> String {
        let mut meaning = description(schema).replace("\n\n", " ").replace('\n', " ");
        if let Some(part) = self.part(schema) {
            let words =
                alternatives(part).filter_map(|option| Some((word(option)?, description(option))));
            for (word, about) in words.filter(|(_, about)| !about.is_empty()) {
                let _ = write!(meaning, "<br>{word}: {about}");
            }
        }
        meaning.replace('|', "\\|")
    }
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|of| schema[of].as_array());
    lists.flatten()
}

/// Whether an alternative is a group of keys.
fn is_group(schema: &Value) -> bool {
    schema["properties"].is_object()
}

/// The one word that an alternative allows.
fn word(schema: &Value) -> Option<String> {
    schema["const"].as_str().map(|word| format!("`{word}`"))
}

fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or("").to_owned()
}
