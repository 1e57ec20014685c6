//! Files to a catalog and back.
