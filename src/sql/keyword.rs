//! The words that vtgate backticks when they are identifiers: the keywords of Vitess's grammar, reserved or not
//! (Vitess `go/vt/sqlparser/keywords.go`). MySQL's reserved words are among them, so text that quotes these is safe
//! for MySQL too.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Reports whether `word` is a keyword of Vitess's grammar, in any case.
pub(super) fn is_keyword(word: &str) -> bool {
    static SET: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let set = SET.get_or_init(|| KEYWORDS.split_ascii_whitespace().collect());
    if word.bytes().any(|b| b.is_ascii_uppercase()) {
        set.contains(word.to_ascii_lowercase().as_str())
    } else {
        set.contains(word)
    }
}

/// Lower case, by first letter.
const KEYWORDS: &str = "
_armscii8 _ascii _big5 _binary _cp1250 _cp1251 _cp1256 _cp1257 _cp850 _cp852 _cp866 _cp932 _dec8 _eucjpms _euckr
_gb18030 _gb2312 _gbk _geostd8 _greek _hebrew _hp8 _keybcs2 _koi8r _koi8u _latin1 _latin2 _latin5 _latin7 _macce
_macroman _sjis _swe7 _tis620 _ucs2 _ujis _utf16 _utf16le _utf32 _utf8 _utf8mb4 _utf8mb3
accessible action add adddate after against algorithm all alter always analyze and any any_value array as asc ascii
asensitive auto_increment autoextend_size avg avg_row_length
before begin between bigint binary bit bit_and bit_or bit_xor blob bool boolean both by byte
call cancel cascade cascaded case cast catalog_name channel change char character charset check checksum class_origin
cleanup coalesce code collate collation column column_name column_format columns comment committed commit compact
complete compressed compression condition connection consistent constraint constraint_catalog constraint_name
constraint_schema continue convert copy count cume_dist create cross csv current current_date curdate current_time
curtime current_timestamp current_user cursor cursor_name cutover_threshold
data database databases day day_hour day_microsecond day_minute day_second date datetime date_add date_sub deallocate
dec decimal declare default definer delay_key_write delayed delete dense_rank desc describe deterministic directory
disable discard disk distinct distinctrow div double do drop dumpfile duplicate dynamic
each else elseif empty enable enclosed encryption end endpoint enforced engine engine_attribute engines enum error
escape escaped event exchange exclusive execute exists exit explain expansion expire export extended extract
extractvalue
false fetch fields first first_value fixed float float4 float8 flush following for force force_cutover foreign format
format_bytes format_pico_time found from full fulltext function
general generated geometry geomcollection geometrycollection get get_lock glength global gtid_executed gtid_subset
gtid_subtract grant group grouping groups group_concat
handler hash having header high_priority hosts hour hour_microsecond hour_minute hour_second
if ignore import in index indexes infile inout inner inplace insensitive insert insert_method instant invisible int
int1 int2 int3 int4 int8 integer interval into io_after_gtids is isclosed is_free_lock is_used_lock isolation iterate
invoker
join json json_array json_arrayagg json_array_append json_array_insert json_contains json_contains_path json_depth
json_extract json_insert json_keys json_length json_merge json_merge_patch json_merge_preserve json_object
json_objectagg json_overlaps json_pretty json_remove json_replace json_search json_schema_valid
json_schema_validation_report json_set json_storage_free json_storage_size json_quote json_table json_type json_value
json_valid json_unquote
key keys keyspaces key_block_size kill
lag language last last_value last_insert_id lateral launch lead leading leave left less level like limit linear lines
linestring list load local localtime localtimestamp locate lock locked logs long longblob longtext loop low_priority
ltrim
mid min manifest master_bind manual match max max_rows maxvalue mediumblob mediumint mediumtext memory member merge
message_text microsecond middleint min_rows minute minute_microsecond minute_second mod mode modify modifies
multilinestring multipoint multipolygon month mysqlplan mysql_errno
name names natural nchar next nested no none not now nowait no_write_to_binlog nth_value ntile null nulls numeric
numpoints
of off offset on only open optimize optimizer_costs option optionally or order ordinality out outer outfile over
overwrite
pack_keys parallel parser partial partition partitions partitioning password path percent_rank plan plugins point
pointn polygon position preceding precision prepare primary privileges purge processlist procedure
ps_current_thread_id ps_thread_id
qualify quarter queries query
range rank ratio read reads read_write real rebuild recursive redundant references regexp regexp_instr regexp_like
regexp_replace regexp_substr relay release release_all_locks release_lock remove rename reorganize repair repeat
repeatable replace require resignal respect restrict return returning retry revert revoke right rlike rollback rollup
row row_format row_number rows rtrim
s3 savepoint schema schema_name schemas second second_microsecond secondary_engine_attribute security select sensitive
separator sequence serializable session set share shared show signal signed simple skip slow smallint snapshot some
spatial specific sql sqlexception sqlstate sqlwarning sql_big_result sql_buffer_result sql_cache sql_calc_found_rows
sql_no_cache sql_small_result sql_tsi_day sql_tsi_hour sql_tsi_microsecond sql_tsi_minute sql_tsi_month
sql_tsi_quarter sql_tsi_second sql_tsi_week sql_tsi_year srid ssl start starting startpoint stats_auto_recalc
stats_persistent stats_sample_pages status std stddev stddev_pop stddev_samp storage stored straight_join stream
st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_centroid st_dimension st_endpoint st_envelope
st_exteriorring st_geohash st_geomcollfromtext st_geomcollfromtxt st_geomcollfromwkb st_geometrycollectionfromtext
st_geometrycollectionfromwkb st_geometryfromtext st_geometryfromwkb st_geometryn st_geometrytype st_geomfromgeojson
st_geomfromtext st_geomfromwkb st_interiorringn st_isclosed st_isempty st_issimple st_latfromgeohash st_latitude
st_length st_linefromtext st_linefromwkb st_linestringfromtext st_linestringfromwkb st_longfromgeohash st_longitude
st_mlinefromtext st_mlinefromwkb st_mpointfromtext st_mpointfromwkb st_mpolyfromtext st_mpolyfromwkb
st_multilinestringfromtext st_multilinestringfromwkb st_multipointfromtext st_multipointfromwkb
st_multipolygonfromtext st_multipolygonfromwkb st_numgeometries st_numpoints st_numinteriorring st_numinteriorrings
st_pointfromgeohash st_pointfromtext st_pointfromwkb st_pointn st_polyfromtext st_polyfromwkb st_polygonfromtext
st_polygonfromwkb st_startpoint st_x st_y subclass_origin subdate subpartition subpartitions substr substring sum
sysdate system
table table_name tables tablesample tablespace temporary temptable terminated text than then throttle time timestamp
timestampadd timestampdiff tinyblob tinyint tinytext to trace trailing transaction transactions tree traditional
trigger triggers true truncate trim
unbounded uncommitted undefined undo unicode union unique unknown unlock unresolved unsigned unthrottle update
updatexml upgrade usage use user user_resources using utc_date utc_time utc_timestamp
validation value values var_pop var_samp variables varbinary varchar varcharacter variance varying vector vexplain
vgtid_executed virtual vindex vindexes view vitess vitess_keyspaces vitess_metadata vitess_migration vitess_migrations
vitess_replication_status vitess_shards vitess_tablets vitess_target vitess_throttled_apps vitess_throttler vschema
vstream vtexplain visible
wait_for_executed_gtid_set wait_until_sql_thread_after_gtids warnings week weight_string when where while window with
without work write
xor year year_month zerofill
";

#[cfg(test)]
mod tests {
    use super::is_keyword;

    #[test]
    fn keywords_are_found_in_any_case() {
        for word in ["user", "NAME", "Select", "hash", "_utf8mb4", "zerofill"] {
            assert!(is_keyword(word), "{word}");
        }
        for word in ["id", "customer", "corder_keyspace_idx", "", "us er"] {
            assert!(!is_keyword(word), "{word}");
        }
    }
}
