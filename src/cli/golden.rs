//! Transcripts of `tests/cases/sql/`: statements and what the mysql client would print, played in one session each.
//!
//! `UPDATE_CASES=1` rewrites the printed parts; a person reads the difference before it is committed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Format;
use super::color::Palette;
use super::render::{Form, Output};
use crate::workspace::{Session, Template, Workspace};

const PROMPT: &str = "mysql> ";

/// A transcript: comment and settings, then statements with what they print.
struct Transcript {
    head: String,
    template: Template,
    keyspace: String,
    steps: Vec<(String, String)>,
}

impl Transcript {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a transcript can be read");
        let (head, rest) = text
            .split_once(&format!("\n{PROMPT}"))
            .expect("a transcript has a statement");
        let setting = |name: &str| {
            let prefix = format!("{name}: ");
            let line = head.lines().find_map(|line| line.strip_prefix(&prefix));
            line.unwrap_or_else(|| panic!("{} lacks `{name}`", path.display()))
                .to_owned()
        };
        let template = if setting("template") == "yes" {
            Template::Cluster
        } else {
            Template::Empty
        };
        let prompt = format!("\n{PROMPT}");
        let steps = rest.split(&prompt).map(|step| {
            let (statement, printed) = step.split_once('\n').unwrap_or((step, ""));
            (
                statement.trim_end_matches(';').to_owned(),
                printed.trim_end().to_owned(),
            )
        });
        Self {
            template,
            keyspace: setting("keyspace"),
            steps: steps.collect(),
            head: head.to_owned(),
        }
    }

    fn write(&self, path: &Path) {
        let mut text = format!("{}\n", self.head);
        for (statement, printed) in &self.steps {
            text.push_str(&format!("{PROMPT}{statement};\n{printed}\n\n"));
        }
        std::fs::write(path, format!("{}\n", text.trim_end()))
            .expect("a transcript can be written");
    }
}

/// Runs a statement and returns what the mysql client would print, without the time it took.
fn printed(session: &mut Session, statement: &str) -> String {
    if let Some(target) = statement.strip_prefix("use ") {
        return match session.execute(&format!("use {target}")) {
            Ok(_) => "Database changed".to_owned(),
            Err(error) => error.to_string(),
        };
    }
    match session.execute(statement) {
        Ok(result) => {
            let mut out = Output::memory(Palette::PLAIN, Format::Text);
            out.result(&result, Form::Table, Duration::ZERO)
                .expect("memory takes all that is written");
            out.into_text().trim_end().replace(" (0.00 sec)", "")
        }
        Err(error) => error.to_string(),
    }
}

fn repository(folder: &Path, template: Template) -> Workspace {
    let commands: [&[&str]; 3] = [
        &["init", "-q", "-b", "main"],
        &["config", "user.name", "Ann"],
        &["config", "user.email", "ann@example.com"],
    ];
    for arguments in commands {
        let status = Command::new("git")
            .args(arguments)
            .current_dir(folder)
            .status()
            .expect("git runs");
        assert!(status.success(), "git {arguments:?}");
    }
    Workspace::init(folder, template, None).expect("a repository can be made")
}

fn play(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases/sql")
        .join(format!("{name}.txt"));
    let mut transcript = Transcript::read(&path);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let workspace = repository(folder.path(), transcript.template);
    let mut session = workspace.session(None).expect("the working set opens");
    if transcript.template == Template::Empty {
        session
            .execute(&format!("create database {}", transcript.keyspace))
            .expect("a keyspace can be made");
    }
    session
        .execute(&format!("use {}", transcript.keyspace))
        .expect("the keyspace exists");
    let update = std::env::var_os("UPDATE_CASES").is_some();
    for (statement, expected) in &mut transcript.steps {
        let actual = printed(&mut session, statement);
        if update {
            *expected = actual;
        } else {
            assert_eq!(actual, *expected, "{name}: {statement}");
        }
    }
    if update {
        transcript.write(&path);
    }
}

#[test]
fn the_user_guides_story() {
    play("story");
}

#[test]
fn sequences_hand_out_blocks() {
    play("sequence");
}

#[test]
fn a_lookup_vindex_is_primary() {
    play("lookup_as_primary");
}

#[test]
fn a_reversible_vindex_fills_the_keyspace_id() {
    play("reversible_binary");
}

#[test]
fn a_reversible_vindex_fills_the_customer() {
    play("reversible_hash");
}

#[test]
fn queries_see_through_views() {
    play("views");
}

#[test]
fn changes_read_what_no_shard_holds() {
    play("changes_from_revisions");
}

#[test]
fn the_past_is_read_as_tables() {
    play("revisions");
}

/// Dolt's page "Primary Keys", with today's column order and MySQL 8's SHOW CREATE TABLE.
mod primary_keys {
    use super::*;

    fn session_on(workspace: &Workspace) -> Session {
        let mut session = workspace.session(None).expect("the working set opens");
        for statement in ["create database mydb", "use mydb"] {
            session.execute(statement).expect(statement);
        }
        session
    }

    fn run(session: &mut Session, statement: &str) -> Vec<Vec<Option<String>>> {
        let result = session
            .execute(statement)
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        let rows = result.rows.map(|rows| rows.rows).unwrap_or_default();
        rows.iter()
            .map(|row| {
                row.iter()
                    .map(|cell| cell.to_text().map(String::from))
                    .collect()
            })
            .collect()
    }

    fn columns(session: &mut Session, statement: &str) -> Vec<String> {
        let result = session
            .execute(statement)
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        result
            .rows
            .expect("a query has rows")
            .fields
            .into_iter()
            .map(|field| field.name)
            .collect()
    }

    fn create_text(session: &mut Session, table: &str) -> String {
        run(session, &format!("show create table {table}"))[0][1]
            .clone()
            .expect("a text")
    }

    const OPTIONS: &str = ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";

    #[test]
    fn are_created_altered_committed_and_diffed() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let workspace = repository(folder.path(), Template::Empty);
        let mut session = session_on(&workspace);
        let session = &mut session;
        run(
            session,
            "create table keyed (c1 int, c2 int, c3 int, c4 int, primary key(c1, c2))",
        );
        let columns_of = |key: &str| {
            format!(
                "CREATE TABLE `keyed` (\n  `c1` int NOT NULL,\n  `c2` int NOT NULL,\n  `c3` int DEFAULT NULL,\n  `c4` int \
                 DEFAULT NULL,\n  PRIMARY KEY ({key})\n{OPTIONS}"
            )
        };
        assert_eq!(create_text(session, "keyed"), columns_of("`c1`,`c2`"));
        run(session, "alter table keyed drop primary key");
        run(session, "alter table keyed add primary key(c1)");
        assert_eq!(create_text(session, "keyed"), columns_of("`c1`"));
        run(
            session,
            "create table keyless (c1 int, c2 int, c3 int, c4 int)",
        );
        let nullable = |name| format!("  `{name}` int DEFAULT NULL");
        let expected = ["c1", "c2", "c3", "c4"].map(nullable).join(",\n");
        assert_eq!(
            create_text(session, "keyless"),
            format!("CREATE TABLE `keyless` (\n{expected}\n{OPTIONS}")
        );

        run(
            session,
            "insert into keyed values (0,0,0,0), (1,1,1,1), (2,2,2,2)",
        );
        run(
            session,
            "insert into keyless values (0,0,0,0), (1,1,1,1), (2,2,2,2)",
        );
        let hash = run(session, "call dolt_commit('-Am', \"Inserted values\")")[0][0]
            .clone()
            .expect("a hash");
        assert_eq!(hash.len(), 40);

        run(session, "update keyed set c4=10 where c1=2");
        let cell = |text: &str| Some(text.to_owned());
        let row = |cells: [&str; 4]| cells.map(cell).to_vec();
        let found = run(
            session,
            "select * from dolt_diff_keyed where to_commit='WORKING'",
        );
        let [found] = found.as_slice() else {
            panic!("one row, not {found:?}")
        };
        assert_eq!(found[..4], row(["2", "2", "2", "10"]));
        assert_eq!(found[4..6], [cell("WORKING"), None]);
        assert_eq!(found[6..10], row(["2", "2", "2", "2"]));
        assert_eq!(found[10], Some(hash.clone()));
        assert!(found[11].is_some());
        assert_eq!(found[12], cell("modified"));
        let expected = [
            "to_c1",
            "to_c2",
            "to_c3",
            "to_c4",
            "to_commit",
            "to_commit_date",
            "from_c1",
            "from_c2",
            "from_c3",
            "from_c4",
            "from_commit",
            "from_commit_date",
            "diff_type",
        ];
        assert_eq!(columns(session, "select * from vrev_diff_keyed"), expected);

        run(session, "update keyless set c4=10 where c1=2");
        let found = run(
            session,
            "select * from dolt_diff_keyless where to_commit='WORKING' order by diff_type desc",
        );
        let [removed, added] = found.as_slice() else {
            panic!("two rows, not {found:?}")
        };
        assert_eq!(removed[..4], [const { None }; 4]);
        assert_eq!(removed[4..6], [cell("WORKING"), None]);
        assert_eq!(removed[6..10], row(["2", "2", "2", "2"]));
        assert_eq!(
            (removed[10].clone(), removed[12].clone()),
            (Some(hash.clone()), cell("removed"))
        );
        assert_eq!(added[..4], row(["2", "2", "2", "10"]));
        assert_eq!(added[6..10], [const { None }; 4]);
        assert_eq!(
            (added[10].clone(), added[12].clone()),
            (Some(hash), cell("added"))
        );
    }
}
