//! A name that depends on the server.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "name-case",
    severity: Severity::Off,
    blocks: false,
    rule: Rule {
        what: "upper-case letters in the name of a table or view",
        why: "With `lower_case_table_names` above 0 the name is another one than on a server that keeps case.",
        fix: "Use lower case.",
        example: "CREATE TABLE Users",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let mixed = |name: &str| name.chars().any(char::is_uppercase);
    for keyspace in subject.keyspaces() {
        for name in keyspace.tables.keys().filter(|name| mixed(name)) {
            let spot = Spot::definition(&keyspace.name, name, "");
            findings.add(
                spot,
                format!("table `{name}` has upper-case letters"),
                "use lower case",
            );
        }
        for name in keyspace.views.keys().filter(|name| mixed(name)) {
            let spot = Spot::view(&keyspace.name, name);
            findings.add(
                spot,
                format!("view `{name}` has upper-case letters"),
                "use lower case",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn names_are_lower_case() {
        let id = "name-case";
        expect(
            id,
            &[("ks", "{}", &["create table Users (a int)"])],
            &["ks.Users: table `Users` has upper-case letters"],
        );
        expect(id, &[("ks", "{}", &["create table users (a int)"])], &[]);
    }
}
