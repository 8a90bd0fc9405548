//! The tree of an expression, and its value.

use super::table::Table;

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(f64),
    /// By its place among the variables.
    Variable(usize),
    Negative(Box<Node>),
    /// One of `+ - * / ^`.
    Binary(char, Box<[Node; 2]>),
    Call(Function, Vec<Node>),
    Lookup(Table, Vec<Node>),
}

/// The functions that custom forces in use call, as Lepton defines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Sqrt,
    Exp,
    Log,
    Sin,
    Cos,
    Tan,
    Tanh,
    Abs,
    Floor,
    Ceil,
    Step,
    Delta,
    Square,
    Cube,
    Recip,
    Min,
    Max,
    Select,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        let functions = [
            ("sqrt", Self::Sqrt),
            ("exp", Self::Exp),
            ("log", Self::Log),
            ("sin", Self::Sin),
            ("cos", Self::Cos),
            ("tan", Self::Tan),
            ("tanh", Self::Tanh),
            ("abs", Self::Abs),
            ("floor", Self::Floor),
            ("ceil", Self::Ceil),
            ("step", Self::Step),
            ("delta", Self::Delta),
            ("square", Self::Square),
            ("cube", Self::Cube),
            ("recip", Self::Recip),
            ("min", Self::Min),
            ("max", Self::Max),
            ("select", Self::Select),
        ];
        let mut known = functions.into_iter();
        known
            .find(|(word, _)| *word == name)
            .map(|(_, function)| function)
    }

    pub(super) fn n_arguments(self) -> usize {
        match self {
            Self::Min | Self::Max => 2,
            Self::Select => 3,
            _ => 1,
        }
    }

    fn value(self, x: f64) -> f64 {
        match self {
            Self::Sqrt => x.sqrt(),
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tan => x.tan(),
            Self::Tanh => x.tanh(),
            Self::Abs => x.abs(),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Step => f64::from(u8::from(x >= 0.0)),
            Self::Delta => f64::from(u8::from(x == 0.0)),
            Self::Square => x * x,
            Self::Cube => x * x * x,
            Self::Recip => x.recip(),
            Self::Min | Self::Max | Self::Select => x,
        }
    }
}

impl Node {
    pub(super) fn value(&self, variables: &[f64]) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Variable(slot) => variables[*slot],
            Self::Negative(inner) => -inner.value(variables),
            Self::Binary(symbol, operands) => {
                let [left, right] = &**operands;
                let (left, right) = (left.value(variables), right.value(variables));
                match symbol {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    _ => left.powf(right),
                }
            }
            Self::Lookup(table, arguments) => {
                let arguments: Vec<f64> = arguments.iter().map(|a| a.value(variables)).collect();
                table.value(&arguments)
            }
            Self::Call(function, arguments) => {
                let at = |index: usize| arguments[index].value(variables);
                match function {
                    Function::Min => at(0).min(at(1)),
                    Function::Max => at(0).max(at(1)),
                    // Only the chosen one is computed: the other may not be finite.
                    Function::Select => at(if at(0) == 0.0 { 2 } else { 1 }),
                    _ => function.value(at(0)),
                }
            }
        }
    }
}
