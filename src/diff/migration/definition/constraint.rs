//! Foreign keys and checks of two definitions, matched by name or by content.

use std::collections::HashMap;

use super::Difference;
use crate::diff::migration::hints::ConstraintNames;
use crate::sql::ddl::{AlterClause, Check, CreateTable, ForeignKey};
use crate::sql::print::query::{Part, part};

impl Difference<'_> {
    pub(super) fn constraints(&mut self) {
        let (from, to) = (constraints(self.from), constraints(self.to));
        let known = |table: &CreateTable, constraint: &Constraint<'_>| {
            constraint.known_as(&table.name.name, self.hints.constraint_names)
        };
        let before: HashMap<String, &Constraint<'_>> = from
            .iter()
            .map(|one| (known(self.from, one), one))
            .collect();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for constraint in &to {
            *counts.entry(known(self.to, constraint)).or_default() += 1;
        }
        for constraint in &from {
            match counts.get_mut(&known(self.from, constraint)) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    self.annotations.remove(constraint.text());
                    self.clauses.push(constraint.drop());
                }
            }
        }
        for wanted in &to {
            let Some(current) = before.get(&known(self.to, wanted)) else {
                self.annotations.add(wanted.text());
                self.clauses.push(wanted.add());
                continue;
            };
            if wanted.says_the_same(current) {
                continue;
            }
            self.annotations.replace(current.text(), wanted.text());
            match (current, wanted) {
                (Constraint::Check(before), Constraint::Check(after))
                    if before.expression == after.expression =>
                {
                    self.clauses.push(AlterClause::AlterCheck {
                        name: after.name.clone().unwrap_or_default(),
                        enforced: after.enforced,
                    });
                }
                _ => {
                    self.clauses.push(current.drop());
                    self.clauses.push(wanted.add());
                }
            }
        }
    }
}

/// A foreign key or a check.
enum Constraint<'a> {
    ForeignKey(&'a ForeignKey),
    Check(&'a Check),
}

fn constraints(table: &CreateTable) -> Vec<Constraint<'_>> {
    let keys = table.foreign_keys.iter().map(Constraint::ForeignKey);
    keys.chain(table.checks.iter().map(Constraint::Check))
        .collect()
}

impl Constraint<'_> {
    fn name(&self) -> &str {
        let name = match self {
            Self::ForeignKey(key) => &key.name,
            Self::Check(check) => &check.name,
        };
        name.as_deref().unwrap_or_default()
    }

    fn text(&self) -> String {
        match self {
            Self::ForeignKey(key) => part(Part::ForeignKey(key)),
            Self::Check(check) => part(Part::Check(check)),
        }
    }

    fn details(&self) -> String {
        match self {
            Self::ForeignKey(key) => part(Part::ForeignKeyDetails(key)),
            Self::Check(check) => part(Part::Check(&Check {
                name: None,
                ..(*check).clone()
            })),
        }
    }

    /// Returns what constraints are matched by.
    fn known_as(&self, table: &str, names: ConstraintNames) -> String {
        match names {
            ConstraintNames::IgnoreVitess => original_name(table, self.name()).to_owned(),
            ConstraintNames::IgnoreAll => self.details(),
            ConstraintNames::Strict => self.name().to_owned(),
        }
    }

    fn says_the_same(&self, other: &Constraint<'_>) -> bool {
        match (self, other) {
            (Self::ForeignKey(a), Constraint::ForeignKey(b)) => {
                let named = ForeignKey {
                    name: a.name.clone(),
                    ..(*b).clone()
                };
                **a == named
            }
            (Self::Check(a), Constraint::Check(b)) => {
                (&a.expression, a.enforced) == (&b.expression, b.enforced)
            }
            _ => false,
        }
    }

    fn add(&self) -> AlterClause {
        match self {
            Self::ForeignKey(key) => AlterClause::AddForeignKey((*key).clone()),
            Self::Check(check) => AlterClause::AddCheck((*check).clone()),
        }
    }

    fn drop(&self) -> AlterClause {
        let name = self.name().to_owned();
        match self {
            Self::ForeignKey(_) => AlterClause::DropForeignKey(name),
            Self::Check(_) => AlterClause::DropCheck(name),
        }
    }
}

/// Returns a constraint's name without the table's prefix of a generated name and without the 25 characters that
/// Vitess's online DDL appends.
fn original_name<'a>(table: &str, name: &'a str) -> &'a str {
    for kind in ["chk", "ibfk"] {
        let prefix = format!("{table}_{kind}_");
        if name.starts_with(&prefix) {
            return &name[table.len() + 1..];
        }
    }
    const LENGTH: usize = 25;
    let cut = name.len().checked_sub(LENGTH + 1);
    match cut.and_then(|at| name.get(at..)) {
        Some(suffix)
            if suffix.starts_with('_')
                && suffix[1..]
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) =>
        {
            &name[..name.len() - LENGTH - 1]
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraint_names_lose_what_generated_them() {
        assert_eq!(original_name("t1", "t1_chk_1"), "chk_1");
        assert_eq!(original_name("t1", "t1_ibfk_12"), "ibfk_12");
        assert_eq!(
            original_name("t1", "check2_7fp024p4rxvr858tsaggvf9dw"),
            "check2"
        );
        assert_eq!(original_name("t1", "check2"), "check2");
        assert_eq!(
            original_name("t1", "größe_über_alles_1234567890"),
            "größe_über_alles_1234567890"
        );
    }
}
