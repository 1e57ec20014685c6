//! The checks, one a file, named for their ids. A new one is a file and two lines here.

mod column_list_mismatch;
mod fk_collation_mismatch;
mod fk_cross_keyspace;
mod fk_cross_shard;
mod fk_cycle_managed;
mod fk_generated_column;
mod fk_mode_disallow;
mod fk_parent_index;
mod fk_references_view;
mod fk_type_mismatch;
mod fk_unknown_column;
mod fk_unknown_table;
mod lookup_owner_not_using;
mod lookup_owner_unknown;
mod lookup_primary_without_functional;
mod lookup_table_columns;
mod lookup_table_missing;
mod lookup_table_unique_key;
mod reference_definition_differs;
mod sequence_table_shape;
mod sequence_wrong_type;
mod vindex_column_type;
mod vindex_columns;
mod vindex_param_missing;

use super::Check;

/// Every check, sorted by id.
pub(super) const ALL: &[&Check] = &[
    &column_list_mismatch::CHECK,
    &fk_collation_mismatch::CHECK,
    &fk_cross_keyspace::CHECK,
    &fk_cross_shard::CHECK,
    &fk_cycle_managed::CHECK,
    &fk_generated_column::CHECK,
    &fk_mode_disallow::CHECK,
    &fk_parent_index::CHECK,
    &fk_references_view::CHECK,
    &fk_type_mismatch::CHECK,
    &fk_unknown_column::CHECK,
    &fk_unknown_table::CHECK,
    &lookup_owner_not_using::CHECK,
    &lookup_owner_unknown::CHECK,
    &lookup_primary_without_functional::CHECK,
    &lookup_table_columns::CHECK,
    &lookup_table_missing::CHECK,
    &lookup_table_unique_key::CHECK,
    &reference_definition_differs::CHECK,
    &sequence_table_shape::CHECK,
    &sequence_wrong_type::CHECK,
    &vindex_column_type::CHECK,
    &vindex_columns::CHECK,
    &vindex_param_missing::CHECK,
];
