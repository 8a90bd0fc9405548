//! An expression from its text to its values.

use super::node::Node;
use super::parse::{Names, parse};

/// An expression that is ready to be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expression {
    root: Node,
}

impl Expression {
    /// Of a text such as `k*(r-r0)^2; r0=0.1`.
    ///
    /// # Errors
    /// What cannot be read, in words.
    pub(crate) fn parse(text: &str, names: Names<'_>) -> Result<Self, String> {
        parse(text, names).map(|root| Self { root })
    }

    /// The value of a name in a text, where it is a definition or a constant that depends on no variable.
    pub(crate) fn constant(text: &str, name: &str, names: Names<'_>) -> Option<f64> {
        let definitions = text.split_once(';').map_or("", |(_, rest)| rest);
        let names = Names {
            variables: &[],
            ..names
        };
        let expression = Self::parse(&format!("{name};{definitions}"), names).ok()?;
        Some(expression.value(&[]))
    }

    /// Its value for variables in the order of [`Names::variables`].
    pub(crate) fn value(&self, variables: &[f64]) -> f64 {
        self.root.value(variables)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    fn value(text: &str, x: f64) -> f64 {
        let variables = ["x".to_owned()];
        let names = Names {
            variables: &variables,
            ..Names::default()
        };
        Expression::parse(text, names).unwrap().value(&[x])
    }

    #[test]
    fn precedence_is_leptons() {
        for (text, expected) in [
            ("1+2*x^2", 19.0),
            ("-x^2", -9.0),
            ("2^-1*4", 2.0),
            ("2^x^2", 512.0),
            ("8/2/2", 2.0),
            ("10-3-2", 5.0),
            ("-x*2", -6.0),
            ("2*-x", -6.0),
            ("1.5e-1*2E1", 3.0),
            (".5*x", 1.5),
            ("select(step(x-3), 7, 1/0)", 7.0),
            ("select(step(x-4), 1/0, min(x,2))", 2.0),
            ("a*b; a=b+1; b=2*x", 42.0),
            ("max(a, -a); a = abs(x) - 10;", 7.0),
        ] {
            assert!((value(text, 3.0) - expected).abs() < 1e-12, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let message = |text: &str| Expression::parse(text, Names::default()).unwrap_err();
        assert_eq!(message("y+1"), "the name `y` is not known");
        assert_eq!(message("erfc(1)"), "the function `erfc` is not known");
        assert_eq!(message("1+"), "it ends where a value should stand");
        assert_eq!(message("(1"), "a parenthesis is not closed");
        assert_eq!(message("min(1)"), "`min` takes 2 arguments");
        assert_eq!(message("1 $ 2"), "`$` has no meaning");
        assert!(message("a; a=a+1").contains("too deep") || message("a; a=a").contains("itself"));
        let bomb: String = (0..40)
            .map(|n| format!("a{n}=a{}*a{};", n + 1, n + 1))
            .collect();
        assert!(message(&format!("a0;{bomb}a40=1")).contains("too long"));
    }

    #[test]
    fn definitions_that_are_constant_are_found_by_name() {
        let constants = [("kappa".to_owned(), 0.5)];
        let names = Names {
            constants: &constants,
            ..Names::default()
        };
        let text = "q*x; offset=0.009; twice=2*offset";
        assert_eq!(Expression::constant(text, "twice", names), Some(0.018));
        assert_eq!(Expression::constant(text, "kappa", names), Some(0.5));
        assert_eq!(Expression::constant(text, "q", names), None);
    }
}
