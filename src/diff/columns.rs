//! The columns of two schemas side by side, and which cells of a row pair differ.
//!
//! Columns are matched by identity, so a renamed column is one column. An absent column's cell is NULL.

use crate::relation::{Role, Row, Schema};
use crate::value::Value;

/// A column of the from-schema, of the to-schema, or of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnPair {
    /// Position in the from-schema; absent if the column was added.
    pub from: Option<usize>,
    /// Position in the to-schema; absent if the column was removed.
    pub to: Option<usize>,
}

impl ColumnPair {
    /// Returns the column's cell before; NULL where there is none.
    pub fn from_cell(self, row: &Row) -> &Value {
        cell(row, self.from)
    }

    /// Returns the column's cell after; NULL where there is none.
    pub fn to_cell(self, row: &Row) -> &Value {
        cell(row, self.to)
    }
}

fn cell(row: &Row, at: Option<usize>) -> &Value {
    at.and_then(|at| row.get(at)).unwrap_or(&Value::Null)
}

/// Returns every column of either schema: those of `to` in its order, each removed one after the column that it
/// followed in `from`. Hidden columns are included.
pub fn pair(from: Option<&Schema>, to: Option<&Schema>) -> Vec<ColumnPair> {
    let from_columns = from.map_or(&[][..], |schema| &schema.columns);
    let to_columns = to.map_or(&[][..], |schema| &schema.columns);
    let mut pairs: Vec<ColumnPair> = Vec::with_capacity(to_columns.len());
    for (at, column) in to_columns.iter().enumerate() {
        let from = from_columns
            .iter()
            .position(|candidate| candidate.identity == column.identity);
        pairs.push(ColumnPair { from, to: Some(at) });
    }
    for at in 0..from_columns.len() {
        if pairs.iter().any(|pair| pair.from == Some(at)) {
            continue;
        }
        let place = match at.checked_sub(1) {
            Some(before) => pairs
                .iter()
                .position(|pair| pair.from == Some(before))
                .map_or(pairs.len(), |place| place + 1),
            None => 0,
        };
        pairs.insert(
            place,
            ColumnPair {
                from: Some(at),
                to: None,
            },
        );
    }
    pairs
}

/// Two schemas, prepared for comparing many rows cell by cell.
#[derive(Debug, Clone)]
pub struct Comparison {
    shown: Vec<ColumnPair>,
    /// Per shown column: the pair whose cells decide whether it changed.
    decided_by: Vec<ColumnPair>,
}

impl Comparison {
    /// Prepares two schemas of one relation.
    pub fn new(from: &Schema, to: &Schema) -> Self {
        let pairs = pair(Some(from), Some(to));
        let role = |pair: &ColumnPair| match (pair.to, pair.from) {
            (Some(at), _) => to.columns[at].role,
            (None, Some(at)) => from.columns[at].role,
            (None, None) => Role::Cell,
        };
        let decider = |pair: &ColumnPair| match (role(pair), pair.to) {
            (Role::Reference(identity), Some(_)) => {
                pairs.iter().find(|other| other.to == Some(identity))
            }
            (Role::Reference(identity), None) => {
                pairs.iter().find(|other| other.from == Some(identity))
            }
            _ => None,
        };
        let shown: Vec<ColumnPair> = pairs
            .iter()
            .filter(|pair| role(pair) != Role::Identity)
            .copied()
            .collect();
        let decided_by = shown
            .iter()
            .map(|pair| *decider(pair).unwrap_or(pair))
            .collect();
        Self { shown, decided_by }
    }

    /// Returns the columns shown, as [`pair`] orders them.
    pub fn shown(&self) -> &[ColumnPair] {
        &self.shown
    }

    /// Returns the shown columns whose cells differ, in order.
    pub fn changed(&self, from: &Row, to: &Row) -> Vec<ColumnPair> {
        let changed = self
            .shown
            .iter()
            .zip(&self.decided_by)
            .filter(|(_, decider)| differ(**decider, from, to));
        changed.map(|(pair, _)| *pair).collect()
    }

    /// Tells whether any cell differs.
    pub fn differs(&self, from: &Row, to: &Row) -> bool {
        self.decided_by
            .iter()
            .any(|decider| differ(*decider, from, to))
    }
}

fn differ(pair: ColumnPair, from: &Row, to: &Row) -> bool {
    !same(pair.from_cell(from), pair.to_cell(to))
}

/// Returns the shown columns whose cells differ between two versions of a row, in the order of [`pair`].
pub fn changed_cells(
    from_schema: &Schema,
    to_schema: &Schema,
    from: &Row,
    to: &Row,
) -> Vec<ColumnPair> {
    Comparison::new(from_schema, to_schema).changed(from, to)
}

/// Tells whether two cells hold one value: NULL equals NULL, and integers are equal whatever their sign's type.
pub(super) fn same(from: &Value, to: &Value) -> bool {
    match (from, to) {
        (Value::Int(signed), Value::UInt(unsigned))
        | (Value::UInt(unsigned), Value::Int(signed)) => u64::try_from(*signed) == Ok(*unsigned),
        _ => from == to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relation::Column;
    use crate::value::{ColumnType, TypeKind};

    fn schema(columns: &str) -> Schema {
        let column = |name: &str| match name.split_once('=') {
            Some((name, identity)) => Column {
                identity: identity.into(),
                ..Column::new(name, ColumnType::new(TypeKind::Int))
            },
            None => Column::new(name, ColumnType::new(TypeKind::Int)),
        };
        Schema {
            name: "s.t".into(),
            columns: columns.split_whitespace().map(column).collect(),
            key: vec![0],
        }
    }

    #[test]
    fn removed_columns_keep_their_old_place() {
        #[track_caller]
        fn check(from: &str, to: &str, expected: &str) {
            let (from, to) = (schema(from), schema(to));
            let name = |pair: &ColumnPair| match (pair.from, pair.to) {
                (Some(at), None) => format!("-{}", from.columns[at].name),
                (None, Some(at)) => format!("+{}", to.columns[at].name),
                (Some(old), Some(new)) if from.columns[old].name != to.columns[new].name => {
                    format!("{}>{}", from.columns[old].name, to.columns[new].name)
                }
                (_, Some(at)) => to.columns[at].name.clone(),
                (None, None) => unreachable!("a pair has a side"),
            };
            let names: Vec<String> = pair(Some(&from), Some(&to)).iter().map(name).collect();
            assert_eq!(names.join(" "), expected);
        }
        check("k a b", "k a b", "k a b");
        check("k c1 c2", "k c1 c3", "k c1 -c2 +c3");
        check("a k", "k b", "-a k +b");
        check("k a b c", "k c", "k -a -b c");
        check("k a b", "k b x=a", "k b a>x");
    }

    #[test]
    fn a_reference_changes_with_its_identity_alone() {
        let mut columns = schema("key# key part# part").columns;
        columns[0].role = Role::Identity;
        columns[1].role = Role::Name(0);
        columns[2].role = Role::Identity;
        columns[3].role = Role::Reference(2);
        let schema = Schema {
            name: "indexes".into(),
            columns,
            key: vec![0],
        };
        let row = |cells: [i64; 4]| cells.map(Value::Int).to_vec();
        #[track_caller]
        fn check(schema: &Schema, from: &Row, to: &Row, expected: &[&str]) {
            let comparison = Comparison::new(schema, schema);
            let changed = comparison.changed(from, to);
            let names: Vec<&str> = changed
                .iter()
                .map(|pair| schema.columns[pair.to.unwrap()].name.as_str())
                .collect();
            assert_eq!(names, expected);
            assert_eq!(comparison.differs(from, to), !expected.is_empty());
        }
        check(&schema, &row([1, 10, 2, 20]), &row([1, 10, 2, 21]), &[]);
        check(
            &schema,
            &row([1, 10, 2, 20]),
            &row([1, 10, 3, 20]),
            &["part"],
        );
        check(
            &schema,
            &row([1, 10, 2, 20]),
            &row([1, 11, 2, 20]),
            &["key"],
        );
        assert_eq!(schema.shown().collect::<Vec<_>>(), [1, 3]);
        assert_eq!(schema.shown_key().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn null_equals_null_and_integers_compare_across_sign() {
        assert!(same(&Value::Null, &Value::Null));
        assert!(!same(&Value::Null, &Value::Int(0)));
        assert!(same(&Value::Int(1), &Value::UInt(1)));
        assert!(!same(&Value::Int(-1), &Value::UInt(u64::MAX)));
        assert!(!same(&Value::Int(1), &Value::Text("1".into())));
    }
}
