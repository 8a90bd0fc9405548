//! Words to the tables of one data block: of every category that is needed its names and rows.

use super::fault::{CifFault, Located};
use super::syntax::{Value, Word, Words};
use crate::topology::pdb::source::Source;
use std::collections::HashMap;

/// The categories that are kept.
const KEPT: [&str; 4] = ["atom_site", "struct_conn", "chem_comp_bond", "cell"];

/// A category: a loop, or single items as one row.
#[derive(Debug, Default)]
pub(super) struct Table<'a> {
    /// Of its first name.
    pub(super) line: usize,
    /// Items without the category, in small letters.
    items: Vec<String>,
    values: Vec<Value<'a>>,
}

/// One row of a table.
pub(super) struct Row<'t, 'a> {
    values: &'t [Value<'a>],
}

impl<'a> Row<'_, 'a> {
    /// Line of its first value.
    pub(super) fn line(&self) -> usize {
        self.values[0].line
    }

    /// The value of a column, unless there is none.
    pub(super) fn get(&self, column: Option<usize>) -> Option<&'a str> {
        self.values[column?].stated()
    }

    /// The text of a column, `?` and `.` too.
    pub(super) fn text(&self, column: usize) -> &'a str {
        self.values[column].text
    }
}

impl<'a> Table<'a> {
    /// Where an item stands in each row.
    pub(super) fn column(&self, item: &str) -> Option<usize> {
        self.items.iter().position(|own| own == item)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_, 'a>> {
        let rows = self.values.chunks_exact(self.items.len().max(1));
        rows.map(|values| Row { values })
    }

    /// A row that does not begin in a line of its own tells that the one before it has too many or too few values.
    fn ragged(&self, category: &str) -> Option<Located> {
        let (n_names, n_values) = (self.items.len(), self.values.len());
        if n_values.is_multiple_of(n_names) {
            return None;
        }
        let rows: Vec<&[Value<'_>]> = self.values.chunks(n_names).collect();
        let shifted = rows.windows(2).find(|pair| {
            let last = pair[0].last().map(|value| value.line);
            last == pair[1].first().map(|value| value.line)
        });
        let blamed = shifted.map_or(rows[rows.len() - 1], |pair| pair[0]);
        Some(Located {
            line: blamed[0].line,
            fault: CifFault::RaggedLoop {
                category: format!("_{category}"),
                n_names,
                n_values,
            },
        })
    }
}

/// The tables of one data block.
#[derive(Debug, Default)]
pub(super) struct Block<'a> {
    tables: HashMap<String, Table<'a>>,
    /// All names of the block and their lines.
    names: HashMap<String, usize>,
}

impl<'a> Block<'a> {
    /// The first block of a text that has atoms; a warning if it is not the only one.
    pub(super) fn with_atoms(text: &'a str, source: Source<'_>) -> Result<Option<Self>, Located> {
        let mut parser = Parser::new(text)?;
        let mut found: Option<Self> = None;
        while let Some(line) = parser.open_block()? {
            let block = parser.block()?;
            if block.table("atom_site").is_none() {
                continue;
            }
            if found.is_some() {
                log::warn!(
                    "{source}:{line}: a second data block with atoms: only the first one is used"
                );
                break;
            }
            found = Some(block);
        }
        Ok(found)
    }

    pub(super) fn table(&self, category: &str) -> Option<&Table<'a>> {
        self.tables.get(category)
    }

    /// Notes a name; its category and item.
    fn declare(&mut self, line: usize, name: &str) -> Result<(String, String), Located> {
        let lower = name.to_ascii_lowercase();
        let fault = |fault| Err(Located { line, fault });
        if lower.starts_with("_atom_site_fract_") || lower.starts_with("_atom_site_cartn_") {
            return fault(CifFault::SmallMolecule {
                name: name.to_owned(),
            });
        }
        if let Some(first) = self.names.insert(lower.clone(), line) {
            return fault(CifFault::Twice {
                name: name.to_owned(),
                first,
            });
        }
        let bare = lower.trim_start_matches('_');
        let (category, item) = bare.split_once('.').unwrap_or(("", bare));
        Ok((category.to_owned(), item.to_owned()))
    }

    /// The table of a category, if it is kept.
    fn table_of(&mut self, category: &str, line: usize) -> Option<&mut Table<'a>> {
        KEPT.contains(&category).then(|| {
            let fresh = || Table {
                line,
                ..Table::default()
            };
            self.tables.entry(category.to_owned()).or_insert_with(fresh)
        })
    }
}

/// Words with one of them seen ahead.
struct Parser<'a> {
    words: Words<'a>,
    ahead: Option<(usize, Word<'a>)>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, Located> {
        let mut words = Words::new(text);
        let ahead = words.next()?;
        Ok(Self { words, ahead })
    }

    fn advance(&mut self) -> Result<Option<(usize, Word<'a>)>, Located> {
        let next = self.words.next()?;
        Ok(std::mem::replace(&mut self.ahead, next))
    }

    /// The next word if it is a value.
    fn value(&mut self) -> Result<Option<Value<'a>>, Located> {
        let Some((_, Word::Value(value))) = self.ahead else {
            return Ok(None);
        };
        self.advance()?;
        Ok(Some(value))
    }

    /// The next word if it is a name.
    fn name(&mut self) -> Result<Option<(usize, &'a str)>, Located> {
        let Some((line, Word::Name(name))) = self.ahead else {
            return Ok(None);
        };
        self.advance()?;
        Ok(Some((line, name)))
    }

    /// The line of the next `data_`, which has to be the next word.
    fn open_block(&mut self) -> Result<Option<usize>, Located> {
        let got = match self.advance()? {
            None => return Ok(None),
            Some((line, Word::Data)) => return Ok(Some(line)),
            Some((line, Word::Loop)) => (line, "loop_"),
            Some((line, Word::Name(name))) => (line, name),
            Some((line, Word::Value(value))) => (line, value.text),
        };
        let (line, got) = (got.0, got.1.to_owned());
        let fault = CifFault::NoBlock { got };
        Err(Located { line, fault })
    }

    /// All items up to the next block.
    fn block(&mut self) -> Result<Block<'a>, Located> {
        let mut block = Block::default();
        while let Some((line, word)) = self.ahead {
            match word {
                Word::Data => break,
                Word::Loop => self.read_loop(&mut block)?,
                Word::Name(name) => self.single(&mut block, line, name)?,
                Word::Value(value) => {
                    let got = value.text.lines().next().unwrap_or("").to_owned();
                    let fault = CifFault::StrayValue { got };
                    return Err(Located { line, fault });
                }
            }
        }
        Ok(block)
    }

    fn single(&mut self, block: &mut Block<'a>, line: usize, name: &str) -> Result<(), Located> {
        self.advance()?;
        let (category, item) = block.declare(line, name)?;
        let Some(value) = self.value()? else {
            let name = name.to_owned();
            let fault = CifFault::MissingValue { name };
            return Err(Located { line, fault });
        };
        if let Some(table) = block.table_of(&category, line) {
            // A loop of the category has its values already: a single item beside it is none of its columns.
            if table.values.len() == table.items.len() {
                table.items.push(item);
                table.values.push(value);
            }
        }
        Ok(())
    }

    fn read_loop(&mut self, block: &mut Block<'a>) -> Result<(), Located> {
        let opened = self.advance()?.map_or(1, |(line, _)| line);
        let mut names = Vec::new();
        while let Some((line, name)) = self.name()? {
            names.push((line, name, block.declare(line, name)?));
        }
        let Some((_, _, (category, _))) = names.first() else {
            let fault = CifFault::EmptyLoop;
            return Err(Located {
                line: opened,
                fault,
            });
        };
        let category = category.clone();
        let mixed = names.iter().find(|(_, _, (other, _))| *other != category);
        if let (true, Some((line, name, _))) = (KEPT.contains(&category.as_str()), mixed) {
            let fault = CifFault::MixedLoop {
                first: format!("_{category}"),
                other: (*name).to_owned(),
            };
            return Err(Located { line: *line, fault });
        }
        let mut table = Table {
            line: opened,
            items: names.into_iter().map(|(_, _, (_, item))| item).collect(),
            values: Vec::new(),
        };
        while let Some(value) = self.value()? {
            table.values.push(value);
        }
        if let Some(ragged) = table.ragged(&category) {
            return Err(ragged);
        }
        if KEPT.contains(&category.as_str()) {
            block.tables.insert(category, table);
        }
        Ok(())
    }
}
