//! Cycles of columns through foreign keys, for which Vitess's managed mode refuses a keyspace (VT09019).
//!
//! Nodes are columns. A constraint with both actions restrictive leads nowhere; ON DELETE CASCADE leads from each
//! referenced column to every column of the referencing table; any other from each referenced column to each referencing
//! one (Vitess `go/vt/vtgate/vschema_manager.go`, `go/vt/graph`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Keyspace;
use super::foreign_key::Action;

/// A column of a keyspace's table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}

/// A step from a referenced column to one of the referencing table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The referenced column.
    pub from: Node,
    /// The column that changes with it.
    pub to: Node,
    /// The constraint, of the table of `to`.
    pub constraint: String,
}

/// Returns the edges of one cycle, each leading to the next and the last to the first: the first found in the order of
/// names. `None` where there is none.
pub fn find(keyspace: &Keyspace) -> Option<Vec<Edge>> {
    let edges = edges(keyspace);
    let mut done: BTreeSet<&Node> = BTreeSet::new();
    for start in edges.keys() {
        // The path so far, each node with the number of its edges that were followed.
        let mut path: Vec<(&Node, usize)> = vec![(start, 0)];
        while let Some((node, followed)) = path.last_mut() {
            let node = *node;
            let next = edges.get(node).and_then(|edges| edges.get(*followed));
            *followed += 1;
            let Some(edge) = next.filter(|_| !done.contains(node)) else {
                done.insert(node);
                path.pop();
                continue;
            };
            if let Some(at) = path.iter().position(|(known, _)| **known == edge.to) {
                let cycle = &path[at..];
                let edge_of =
                    |(node, followed): &(&Node, usize)| edges[*node][followed - 1].clone();
                return Some(cycle.iter().map(edge_of).collect());
            }
            path.push((&edge.to, 0));
        }
    }
    None
}

/// Every edge by its start, in the order of tables and constraints.
fn edges(keyspace: &Keyspace) -> BTreeMap<Node, Vec<Edge>> {
    let mut edges: BTreeMap<Node, Vec<Edge>> = BTreeMap::new();
    for child in keyspace.tables.values() {
        for key in &child.definition.foreign_keys {
            let (delete, update) = (Action::from(key.on_delete), Action::from(key.on_update));
            let restrictive = |action| matches!(action, Action::Restrict | Action::NoAction);
            let elsewhere = key
                .referenced_table
                .keyspace
                .as_ref()
                .is_some_and(|other| *other != keyspace.name);
            if elsewhere || (restrictive(delete) && restrictive(update)) {
                continue;
            }
            let parent = keyspace.tables.get(&key.referenced_table.name);
            let targets: Vec<&str> = if delete == Action::Cascade {
                let columns = child.definition.columns.iter();
                columns.map(|column| column.name.as_str()).collect()
            } else {
                let spelt =
                    |name: &'_ String| child.column(name).map(|column| column.name.as_str());
                key.columns.iter().filter_map(spelt).collect()
            };
            for referenced in &key.referenced_columns {
                let spelt = parent.and_then(|parent| parent.column(referenced));
                let from = Node {
                    table: key.referenced_table.name.clone(),
                    column: spelt.map_or_else(|| referenced.clone(), |column| column.name.clone()),
                };
                let reached = targets.iter().map(|column| Edge {
                    from: from.clone(),
                    to: Node {
                        table: child.name().to_owned(),
                        column: (*column).to_owned(),
                    },
                    constraint: key.name.clone().unwrap_or_default(),
                });
                edges.entry(from.clone()).or_default().extend(reached);
            }
        }
    }
    edges
}
