//! A table of another engine than InnoDB.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "engine-disallowed",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table whose engine `vrev.toml` does not allow: one other than InnoDB by default",
        why: "It has no transactions, and the flows of Vitess do not support it.",
        fix: "Use InnoDB, or list the engine in `engines` of `[policy]` in `vrev.toml`.",
        example: "ENGINE=MyISAM",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let engine = table.option("ENGINE").unwrap_or("InnoDB");
        let engines = &subject.policy.engines;
        if !engines
            .iter()
            .any(|known| known.eq_ignore_ascii_case(engine))
        {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), ""),
                format!("`{}` is of engine {engine}", table.name()),
                format!("use {}", engines.join(" or ")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn innodb_is_the_engine() {
        let id = "engine-disallowed";
        expect(
            id,
            &[("ks", "{}", &["create table t (a int) engine=MyISAM"])],
            &["ks.t: `t` is of engine MyISAM"],
        );
        expect(id, &[("ks", "{}", &["create table t (a int)"])], &[]);
    }
}
