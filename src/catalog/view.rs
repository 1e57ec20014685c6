//! A view's canonical definition.

use crate::sql::ddl::{CreateView, Ddl};
use crate::sql::{Statement, TableName, parse_statement, print};

/// Returns the view as it is stored: unqualified, without OR REPLACE, defaults of SHOW CREATE VIEW left unsaid.
pub(super) fn canonical(view: &CreateView) -> CreateView {
    let said = |word: &Option<String>, default: &str| {
        let upper = word.as_ref().map(|word| word.to_ascii_uppercase());
        upper.filter(|word| word != default)
    };
    let view = CreateView {
        name: TableName {
            keyspace: None,
            name: view.name.name.clone(),
        },
        or_replace: false,
        algorithm: said(&view.algorithm, "UNDEFINED"),
        security: said(&view.security, "DEFINER"),
        ..view.clone()
    };
    // Equal texts have equal trees: what is printed is read back. Should it not be, the tree is as good.
    match parse_statement(&print::view(&view)) {
        Ok(Statement::Ddl(Ddl::CreateView(again))) => again,
        _ => view,
    }
}
