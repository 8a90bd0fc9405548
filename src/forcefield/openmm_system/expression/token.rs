//! Text of an expression to tokens.

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    /// One of `+ - * / ^ ( ) ,`.
    Symbol(char),
}

/// The tokens of one expression without definitions.
///
/// # Errors
/// A character or number that is none.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest);
            let digits = &rest[..length];
            let number = digits
                .parse()
                .map_err(|_| format!("`{digits}` is no number"))?;
            tokens.push(Token::Number(number));
            length
        } else if first.is_ascii_alphabetic() || first == '_' {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            length
        } else if "+-*/^(),".contains(first) {
            tokens.push(Token::Symbol(first));
            1
        } else {
            return Err(format!("`{first}` has no meaning"));
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Bytes of the number at the front: digits, a point, an exponent with its sign.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes
            .get(at)
            .is_some_and(|b| b.is_ascii_digit() || *b == b'.')
        {
            at += 1;
        }
        at
    };
    let mantissa = digits(0);
    if !matches!(bytes.get(mantissa), Some(b'e' | b'E')) {
        return mantissa;
    }
    let signed = matches!(bytes.get(mantissa + 1), Some(b'+' | b'-'));
    let start = mantissa + 1 + usize::from(signed);
    if bytes.get(start).is_some_and(u8::is_ascii_digit) {
        digits(start)
    } else {
        mantissa
    }
}
