//! Trees to text. Two canonical forms exist: MySQL's, for definitions ([`table`], [`statement`], [`expression`]: every
//! identifier in backticks, expressions as the server re-prints them), and vtgate's, for queries in plans ([`query`]:
//! lower case, backticks only where needed). In both, `print(parse(print(x))) == print(x)`.

mod definition;
mod expression;
pub mod query;
mod statement;

pub use definition::{column, index, partitioning, table};
pub use expression::expression;
pub use statement::{clause, statement, view};
