//! Tokens to a tree, by the rules of OpenMM's Lepton: definitions follow after semicolons, powers bind from the right.

use super::node::{Function, Node};
use super::table::Table;
use super::token::{Token, tokens};

/// Deepest nesting of parentheses and definitions.
const MAX_DEPTH: usize = 200;
/// Most nodes of a tree once definitions stand in the places where they are used.
const MAX_NODES: usize = 20_000;

/// What the names of an expression mean.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names<'a> {
    /// Names of values that change, in the order in which they are given.
    pub(crate) variables: &'a [String],
    /// Names of values that don't.
    pub(crate) constants: &'a [(String, f64)],
    /// Tabulated functions.
    pub(crate) tables: &'a [Table],
}

/// The tree of a text.
///
/// # Errors
/// What cannot be read, in words.
pub(super) fn parse(text: &str, names: Names<'_>) -> Result<Node, String> {
    let mut parts = text.split(';').filter(|part| !part.trim().is_empty());
    let main = parts.next().unwrap_or("");
    let mut definitions = Vec::new();
    for part in parts {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("`{}` is no definition", part.trim()))?;
        definitions.push((name.trim().to_owned(), tokens(value)?));
    }
    let main = tokens(main)?;
    let mut n_nodes = 0;
    let mut parser = Parser {
        tokens: &main,
        at: 0,
        depth: 0,
        definitions: &definitions,
        names,
        n_nodes: &mut n_nodes,
    };
    parser.whole()
}

struct Parser<'a, 'b> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    definitions: &'a [(String, Vec<Token>)],
    names: Names<'a>,
    n_nodes: &'b mut usize,
}

impl Parser<'_, '_> {
    fn whole(&mut self) -> Result<Node, String> {
        let node = self.sum(0)?;
        match self.tokens.get(self.at) {
            None => Ok(node),
            Some(token) => Err(format!("{token:?} stands where an operator should")),
        }
    }

    fn takes(&mut self, symbol: char) -> bool {
        let taken = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(taken);
        taken
    }

    fn counted(&mut self, node: Node) -> Result<Node, String> {
        *self.n_nodes += 1;
        match *self.n_nodes > MAX_NODES {
            true => Err("it is too long, or nested too deep".to_owned()),
            false => Ok(node),
        }
    }

    /// Operators of at least this precedence: 0 for + and -, 1 for * and /, 2 for ^.
    fn sum(&mut self, least: u8) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("it is too long, or nested too deep".to_owned());
        }
        let mut left = self.operand()?;
        while let Some(Token::Symbol(symbol)) = self.tokens.get(self.at) {
            let symbol = *symbol;
            let precedence = match symbol {
                '+' | '-' => 0,
                '*' | '/' => 1,
                '^' => 2,
                _ => break,
            };
            if precedence < least {
                break;
            }
            self.at += 1;
            let binds_from_the_right = symbol == '^';
            let right = self.sum(precedence + u8::from(!binds_from_the_right))?;
            left = self.counted(Node::Binary(symbol, Box::new([left, right])))?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Node, String> {
        if self.takes('-') {
            // Lepton: -x^2 is -(x^2), -a*b is (-a)*b.
            let inner = self.sum(2)?;
            return self.counted(Node::Negative(Box::new(inner)));
        }
        if self.takes('(') {
            let inner = self.sum(0)?;
            return match self.takes(')') {
                true => Ok(inner),
                false => Err("a parenthesis is not closed".to_owned()),
            };
        }
        match self.tokens.get(self.at).cloned() {
            Some(Token::Number(number)) => {
                self.at += 1;
                self.counted(Node::Number(number))
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                if self.takes('(') {
                    self.call(&name)
                } else {
                    self.named(&name)
                }
            }
            other => Err(match other {
                Some(token) => format!("{token:?} stands where a value should"),
                None => "it ends where a value should stand".to_owned(),
            }),
        }
    }

    fn call(&mut self, name: &str) -> Result<Node, String> {
        let mut arguments = vec![self.sum(0)?];
        while self.takes(',') {
            arguments.push(self.sum(0)?);
        }
        if !self.takes(')') {
            return Err(format!("the parenthesis of `{name}` is not closed"));
        }
        let mut tables = self.names.tables.iter();
        let table = tables.find(|table| table.name == name);
        let n_expected = match (table, Function::named(name)) {
            (Some(table), _) => table.n_arguments(),
            (None, Some(function)) => function.n_arguments(),
            (None, None) => return Err(format!("the function `{name}` is not known")),
        };
        if arguments.len() != n_expected {
            return Err(format!("`{name}` takes {n_expected} arguments"));
        }
        let function = Function::named(name).filter(|_| table.is_none());
        self.counted(match (table, function) {
            (Some(table), _) => Node::Lookup(table.clone(), arguments),
            (None, Some(function)) => Node::Call(function, arguments),
            (None, None) => return Err(format!("the function `{name}` is not known")),
        })
    }

    /// A definition, a variable or a constant, in this order.
    fn named(&mut self, name: &str) -> Result<Node, String> {
        if let Some((_, tokens)) = self.definitions.iter().find(|(known, _)| known == name) {
            let mut inner = Parser {
                tokens,
                at: 0,
                depth: self.depth + 1,
                definitions: self.definitions,
                names: self.names,
                n_nodes: self.n_nodes,
            };
            if inner.depth > MAX_DEPTH {
                return Err(format!("the definition of `{name}` refers to itself"));
            }
            return inner.whole();
        }
        let mut variables = self.names.variables.iter();
        if let Some(slot) = variables.position(|known| known == name) {
            return self.counted(Node::Variable(slot));
        }
        let mut constants = self.names.constants.iter();
        match constants.find(|(known, _)| known == name) {
            Some(&(_, value)) => self.counted(Node::Number(value)),
            None => Err(format!("the name `{name}` is not known")),
        }
    }
}
