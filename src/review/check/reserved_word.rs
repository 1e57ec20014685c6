//! A name that SQL wants for itself.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "reserved-word",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table, view or column whose name MySQL reserves, up to 9.4",
        why: "Every query must quote it, and one that does not fails: at once, or with the upgrade to the version that reserves the word.",
        fix: "Rename it by `vrev rename`, or see to it that all queries quote it.",
        example: "a column `rank`, reserved since 8.0.2, or `manual`, since 8.4",
    },
    run,
};

/// Words that every version from 5.7 on reserves (MySQL manual, "Keywords and Reserved Words").
const RESERVED: &str = "
accessible add all alter analyze and as asc asensitive before between bigint binary blob both by call cascade case change
char character check collate column condition constraint continue convert create cross current_date current_time
current_timestamp current_user cursor database databases day_hour day_microsecond day_minute day_second dec decimal declare
default delayed delete desc describe deterministic distinct distinctrow div double drop dual each else elseif enclosed
escaped exists exit explain false fetch float float4 float8 for force foreign from fulltext generated get grant group having
high_priority hour_microsecond hour_minute hour_second if ignore in index infile inner inout insensitive insert int int1
int2 int3 int4 int8 integer interval into io_after_gtids io_before_gtids is iterate join key keys kill leading leave left
like limit linear lines load localtime localtimestamp lock long longblob longtext loop low_priority match maxvalue
mediumblob mediumint mediumtext middleint minute_microsecond minute_second mod modifies natural not no_write_to_binlog null
numeric on optimize optimizer_costs option optionally or order out outer outfile partition precision primary procedure purge
range read reads read_write real references regexp release rename repeat replace require resignal restrict return revoke
right rlike schema schemas second_microsecond select sensitive separator set show signal smallint spatial specific sql
sqlexception sqlstate sqlwarning sql_big_result sql_calc_found_rows sql_small_result ssl starting stored straight_join table
terminated then tinyblob tinyint tinytext to trailing trigger true undo union unique unlock unsigned update usage use using
utc_date utc_time utc_timestamp values varbinary varchar varcharacter varying virtual when where while with write xor
year_month zerofill
";

/// Words that a later version reserves, with that version.
const LATER: &[(&str, &str)] = &[
    ("8.0.1", "cube except function of recursive"),
    (
        "8.0.2",
        "cume_dist dense_rank first_value groups lag last_value lead nth_value ntile over percent_rank rank",
    ),
    ("8.0.2", "grouping row rows row_number window"),
    ("8.0.3", "system"),
    ("8.0.4", "empty json_table"),
    ("8.0.14", "lateral"),
    ("8.0.31", "intersect"),
    ("8.4", "manual parallel qualify tablesample"),
    ("9.2", "library"),
    ("9.4", "external"),
];

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let mut judge = |spot: &dyn Fn() -> Spot, what: &str, name: &str| {
        if let Some(since) = reserved(name) {
            findings.add(
                spot(),
                format!("{what} `{name}` is a reserved word of MySQL{since}"),
                "rename it, or quote it in every query",
            );
        }
    };
    for (keyspace, table) in subject.tables() {
        let spot = |part: &str| Spot::definition(&keyspace.name, table.name(), part);
        judge(&|| spot(""), "table", table.name());
        for column in &table.definition.columns {
            judge(&|| spot(&column.name), "column", &column.name);
        }
    }
    for keyspace in subject.keyspaces() {
        for name in keyspace.views.keys() {
            judge(&|| Spot::view(&keyspace.name, name), "view", name);
        }
    }
}

/// Returns from when on a word is reserved, with a space before it; empty for always.
fn reserved(name: &str) -> Option<String> {
    let among = |words: &str| {
        words
            .split_ascii_whitespace()
            .any(|word| word.eq_ignore_ascii_case(name))
    };
    if among(RESERVED) {
        return Some(String::new());
    }
    let later = LATER.iter().find(|(_, words)| among(words));
    later.map(|(version, _)| format!(" {version} and later"))
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn names_need_no_quotes() {
        let id = "reserved-word";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    "create table `order` (`rank` int, `Manual` int, id int)",
                    "create view `rows` as select 1 as one",
                ],
            )],
            &[
                "ks.order: table `order` is a reserved word of MySQL",
                "ks.order.rank: column `rank` is a reserved word of MySQL 8.0.2 and later",
                "ks.order.Manual: column `Manual` is a reserved word of MySQL 8.4 and later",
                "ks.rows: view `rows` is a reserved word of MySQL 8.0.2 and later",
            ],
        );
        // Keywords that are not reserved.
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table event (date date, status int, value int, type int)"],
            )],
            &[],
        );
    }
}
