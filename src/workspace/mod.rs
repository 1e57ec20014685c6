//! A repository's working set: the two towers put together, for a command, a script or a session alike.

mod report;

pub use report::{
    ChangedObject, CommitReport, DiffReport, LogEntry, Loss, MigrationStatement, ObjectChange,
    RenameQuestion, RollbackReport, Status,
};
