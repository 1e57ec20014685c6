//! A name unlike the others.

use regex::Regex;

use crate::catalog::files::{Named, Severity};
use crate::catalog::{Keyspace, Table};
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "naming-convention",
    severity: Severity::Off,
    blocks: false,
    rule: Rule {
        what: "a name that does not match its pattern of `[policy.names]` in `vrev.toml`; tables, views and columns are lower case with underscores by default",
        why: "Names by one rule can be guessed and searched for.",
        fix: "Rename it by `vrev rename`, which keeps its history, or correct the pattern: a regular expression for `tables`, `views`, `columns`, `indexes`, `foreign_keys`, `checks` or `vindexes`.",
        example: "[policy.names]\ntables = '^[a-z_]+$'",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (kind, pattern) in &subject.policy.names {
        // Patterns are checked where the settings are read.
        let Ok(expression) = Regex::new(pattern) else {
            continue;
        };
        for keyspace in subject.keyspaces() {
            for (name, spot) in names(keyspace, *kind) {
                if !expression.is_match(name) {
                    findings.add(
                        spot,
                        format!("{} `{name}` does not match `{pattern}`", word(*kind)),
                        "rename it, or correct the pattern",
                    );
                }
            }
        }
    }
}

/// Returns every name of a kind, with its place.
fn names(keyspace: &Keyspace, kind: Named) -> Vec<(&str, Spot)> {
    let tables = || keyspace.tables.values().map(AsRef::as_ref);
    let of_tables = |names: fn(&Table) -> Vec<&str>| {
        let spot = |table: &Table, name: &str| Spot::definition(&keyspace.name, table.name(), name);
        let pairs = tables().flat_map(|table| {
            let names = names(table).into_iter();
            names.map(move |name| (name, spot(table, name)))
        });
        pairs.collect()
    };
    match kind {
        Named::Tables => tables()
            .map(|table| {
                (
                    table.name(),
                    Spot::definition(&keyspace.name, table.name(), ""),
                )
            })
            .collect(),
        Named::Views => {
            let views = keyspace.views.keys();
            views
                .map(|name| (name.as_str(), Spot::view(&keyspace.name, name)))
                .collect()
        }
        Named::Columns => of_tables(|table| {
            let columns = table.definition.columns.iter();
            columns.map(|column| column.name.as_str()).collect()
        }),
        Named::Indexes => of_tables(|table| {
            let indexes = table.definition.indexes.iter();
            indexes.filter_map(|index| index.name.as_deref()).collect()
        }),
        Named::ForeignKeys => of_tables(|table| {
            let keys = table.definition.foreign_keys.iter();
            keys.filter_map(|key| key.name.as_deref()).collect()
        }),
        Named::Checks => of_tables(|table| {
            let checks = table.definition.checks.iter();
            checks.filter_map(|check| check.name.as_deref()).collect()
        }),
        Named::Vindexes => {
            let vindexes = keyspace.vschema.vindexes.keys();
            vindexes
                .map(|name| (name.as_str(), Spot::vindex(&keyspace.name, name)))
                .collect()
        }
    }
}

fn word(kind: Named) -> &'static str {
    match kind {
        Named::Tables => "table",
        Named::Views => "view",
        Named::Columns => "column",
        Named::Indexes => "index",
        Named::ForeignKeys => "foreign key",
        Named::Checks => "check",
        Named::Vindexes => "vindex",
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, expect_under};

    #[test]
    fn names_match_their_patterns() {
        let id = "naming-convention";
        let keyspace = (
            "ks",
            r#"{"vindexes": {"Hash": {"type": "hash"}}}"#,
            &[
                "create table Order_1 (orderId int, key k (orderId), constraint chk check (orderId > 0))",
                "create view v as select 1",
            ][..],
        );
        expect(
            id,
            &[keyspace],
            &[
                "ks.Order_1: table `Order_1` does not match `^[a-z][a-z0-9_]*$`",
                "ks.Order_1.orderId: column `orderId` does not match `^[a-z][a-z0-9_]*$`",
            ],
        );
        let lower = "create table orders (order_id int, key k (order_id))";
        expect(id, &[("ks", "{}", &[lower])], &[]);
        let policy = "names = { indexes = '^idx_', checks = '^c_', vindexes = '^[a-z]+$', views = '^v', foreign_keys = '^fk_' }";
        expect_under(
            id,
            policy,
            &[keyspace],
            &[
                "ks.Order_1.k: index `k` does not match `^idx_`",
                "ks.Order_1.chk: check `chk` does not match `^c_`",
                "ks.Hash: vindex `Hash` does not match `^[a-z]+$`",
            ],
        );
    }
}
