//! Stub.
use super::Ddl;
use crate::sql::Error;
use crate::sql::cursor::Cursor;
pub(in crate::sql) fn parse(cursor: &mut Cursor<'_>) -> Result<Ddl, Error> {
    Err(cursor.unsupported("ddl"))
}
