//! A view's canonical definition.

use crate::sql::TableName;
use crate::sql::ddl::CreateView;

/// Returns the view as it is stored: unqualified, without OR REPLACE, defaults of SHOW CREATE VIEW left unsaid.
pub(super) fn canonical(view: &CreateView) -> CreateView {
    let said = |word: &Option<String>, default: &str| {
        let upper = word.as_ref().map(|word| word.to_ascii_uppercase());
        upper.filter(|word| word != default)
    };
    CreateView {
        name: TableName {
            keyspace: None,
            name: view.name.name.clone(),
        },
        or_replace: false,
        algorithm: said(&view.algorithm, "UNDEFINED"),
        security: said(&view.security, "DEFINER"),
        ..view.clone()
    }
}
