//! The checks, one a file, named for their ids. A new one is a file and two lines here.

mod auto_increment_type;
mod charset_disallowed;
mod collation_vs_vindex;
mod colocation_type_mismatch;
mod column_list_mismatch;
mod column_list_type_mismatch;
mod display_width;
mod duplicate_index;
mod engine_disallowed;
mod enum_column;
mod fk_collation_mismatch;
mod fk_cross_keyspace;
mod fk_cross_shard;
mod fk_cycle_managed;
mod fk_generated_column;
mod fk_implicit_index;
mod fk_mode_disallow;
mod fk_parent_index;
mod fk_parent_not_unique;
mod fk_references_view;
mod fk_type_mismatch;
mod fk_unknown_column;
mod fk_unknown_table;
mod fk_unmanaged_cascade;
mod float_column;
mod functional_not_first;
mod functional_secondary_not_reversible;
mod inline_references_ignored;
mod lookup_autocommit_orphans;
mod lookup_no_verify;
mod lookup_nonunique_identifies_row;
mod lookup_owner_missing;
mod lookup_owner_not_using;
mod lookup_owner_unknown;
mod lookup_primary_without_functional;
mod lookup_shared_delete;
mod lookup_table_columns;
mod lookup_table_missing;
mod lookup_table_sharded_wrongly;
mod lookup_table_type;
mod lookup_table_unique_key;
mod lookup_table_unsharded;
mod lookup_to_type;
mod lookup_write_only_left;
mod mirror_rule_chain;
mod mirror_rule_duplicate;
mod mirror_rule_percent;
mod mirror_rule_same_keyspace;
mod mirror_rule_target;
mod missing_comment;
mod missing_primary_key;
mod mysql_auto_increment_in_shards;
mod name_case;
mod naming_convention;
mod no_unique_key;
mod pk_not_global;
mod pk_type;
mod primary_vindex_lookup;
mod redundant_index;
mod reference_definition_differs;
mod reference_has_vindex;
mod reserved_word;
mod routing_rule_duplicate;
mod routing_rule_loop;
mod routing_rule_multi;
mod routing_rule_tablet_type;
mod routing_rule_unknown;
mod routing_rule_unqualified;
mod row_too_large;
mod sequence_table_shape;
mod sequence_wrong_type;
mod table_name_ambiguous;
mod table_not_in_vschema;
mod tenant_column_missing;
mod timestamp_2038;
mod too_many_indexes;
mod unique_not_global;
mod unsharded_with_vindexes;
mod view_broken;
mod view_in_sharded_keyspace;
mod vindex_column_not_indexed;
mod vindex_column_nullable;
mod vindex_column_type;
mod vindex_columns;
mod vindex_legacy;
mod vindex_name_ambiguous;
mod vindex_orphan;
mod vindex_param_missing;
mod vindex_param_unknown;
mod vschema_deprecated_form;
mod vschema_table_missing;
mod zero_date_default;

use super::Check;

/// Every check, sorted by id.
pub(super) const ALL: &[&Check] = &[
    &auto_increment_type::CHECK,
    &charset_disallowed::CHECK,
    &collation_vs_vindex::CHECK,
    &colocation_type_mismatch::CHECK,
    &column_list_mismatch::CHECK,
    &column_list_type_mismatch::CHECK,
    &display_width::CHECK,
    &duplicate_index::CHECK,
    &engine_disallowed::CHECK,
    &enum_column::CHECK,
    &fk_collation_mismatch::CHECK,
    &fk_cross_keyspace::CHECK,
    &fk_cross_shard::CHECK,
    &fk_cycle_managed::CHECK,
    &fk_generated_column::CHECK,
    &fk_implicit_index::CHECK,
    &fk_mode_disallow::CHECK,
    &fk_parent_index::CHECK,
    &fk_parent_not_unique::CHECK,
    &fk_references_view::CHECK,
    &fk_type_mismatch::CHECK,
    &fk_unknown_column::CHECK,
    &fk_unknown_table::CHECK,
    &fk_unmanaged_cascade::CHECK,
    &float_column::CHECK,
    &functional_not_first::CHECK,
    &functional_secondary_not_reversible::CHECK,
    &inline_references_ignored::CHECK,
    &lookup_autocommit_orphans::CHECK,
    &lookup_no_verify::CHECK,
    &lookup_nonunique_identifies_row::CHECK,
    &lookup_owner_missing::CHECK,
    &lookup_owner_not_using::CHECK,
    &lookup_owner_unknown::CHECK,
    &lookup_primary_without_functional::CHECK,
    &lookup_shared_delete::CHECK,
    &lookup_table_columns::CHECK,
    &lookup_table_missing::CHECK,
    &lookup_table_sharded_wrongly::CHECK,
    &lookup_table_type::CHECK,
    &lookup_table_unique_key::CHECK,
    &lookup_table_unsharded::CHECK,
    &lookup_to_type::CHECK,
    &lookup_write_only_left::CHECK,
    &mirror_rule_chain::CHECK,
    &mirror_rule_duplicate::CHECK,
    &mirror_rule_percent::CHECK,
    &mirror_rule_same_keyspace::CHECK,
    &mirror_rule_target::CHECK,
    &missing_comment::CHECK,
    &missing_primary_key::CHECK,
    &mysql_auto_increment_in_shards::CHECK,
    &name_case::CHECK,
    &naming_convention::CHECK,
    &no_unique_key::CHECK,
    &pk_not_global::CHECK,
    &pk_type::CHECK,
    &primary_vindex_lookup::CHECK,
    &redundant_index::CHECK,
    &reference_definition_differs::CHECK,
    &reference_has_vindex::CHECK,
    &reserved_word::CHECK,
    &routing_rule_duplicate::CHECK,
    &routing_rule_loop::CHECK,
    &routing_rule_multi::CHECK,
    &routing_rule_tablet_type::CHECK,
    &routing_rule_unknown::CHECK,
    &routing_rule_unqualified::CHECK,
    &row_too_large::CHECK,
    &sequence_table_shape::CHECK,
    &sequence_wrong_type::CHECK,
    &table_name_ambiguous::CHECK,
    &table_not_in_vschema::CHECK,
    &tenant_column_missing::CHECK,
    &timestamp_2038::CHECK,
    &too_many_indexes::CHECK,
    &unique_not_global::CHECK,
    &unsharded_with_vindexes::CHECK,
    &view_broken::CHECK,
    &view_in_sharded_keyspace::CHECK,
    &vindex_column_not_indexed::CHECK,
    &vindex_column_nullable::CHECK,
    &vindex_column_type::CHECK,
    &vindex_columns::CHECK,
    &vindex_legacy::CHECK,
    &vindex_name_ambiguous::CHECK,
    &vindex_orphan::CHECK,
    &vindex_param_missing::CHECK,
    &vindex_param_unknown::CHECK,
    &vschema_deprecated_form::CHECK,
    &vschema_table_missing::CHECK,
    &zero_date_default::CHECK,
];
