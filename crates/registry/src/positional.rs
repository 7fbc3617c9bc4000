//! Statements with unnumbered parameters: MySQL has no others, and for SQLite a number is a name to look up.

use std::{collections::HashMap, sync::LazyLock};

use parking_lot::RwLock;

/// A statement with `?` instead of `$1`, `$2` and so on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PositionalStatement {
    pub(crate) statement: String,
    /// The index of the value for each `?`, from 0.
    pub(crate) order: Vec<usize>,
}

impl PositionalStatement {
    /// A statement of the program, which is converted once.
    pub(crate) fn of(numbered: &'static str) -> &'static Self {
        /// By the address of the text: there are a few hundred statements.
        static CONVERTED: LazyLock<RwLock<HashMap<(usize, usize), &'static PositionalStatement>>> =
            LazyLock::new(RwLock::default);
        let address = (numbered.as_ptr() as usize, numbered.len());
        let known = CONVERTED.read().get(&address).copied();
        known.unwrap_or_else(|| {
            CONVERTED.write().entry(address).or_insert_with(|| Box::leak(Box::new(Self::from(numbered))))
        })
    }
}

impl From<&str> for PositionalStatement {
    fn from(numbered: &str) -> Self {
        let mut parts = numbered.split('$');
        let mut statement = parts.next().unwrap_or_default().to_owned();
        let mut order = Vec::new();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            match number.parse::<usize>() {
                Ok(number) if number > 0 => {
                    order.push(number - 1);
                    statement.push('?');
                }
                // Not a parameter: it is kept as it is.
                _ => statement.extend(["$", number]),
            }
            statement.push_str(rest);
        }
        Self { statement, order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_stands_where_its_number_was() {
        for (numbered, statement, order) in [
            ("SELECT 1", "SELECT 1", &[][..]),
            ("$2, $1, f($12)+$2", "?, ?, f(?)+?", &[1, 0, 11, 1]),
            ("'$' || $1 || '$0'", "'$' || ? || '$0'", &[0]),
        ] {
            let expected = PositionalStatement { statement: statement.to_owned(), order: order.to_owned() };
            assert_eq!(PositionalStatement::from(numbered), expected);
        }
    }
}
