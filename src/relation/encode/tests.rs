//! The laws of the row encoding, for every type.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::relation::Column;
use crate::value::{Date, DateTime, Decimal, Time};

fn column(name: &str, column_type: ColumnType) -> Column {
    Column::new(name, column_type)
}

fn schema(columns: Vec<Column>, key: Vec<usize>) -> Schema {
    Schema {
        name: "shop.t".into(),
        columns,
        key,
    }
}

fn unsigned(kind: TypeKind) -> ColumnType {
    ColumnType {
        unsigned: true,
        ..ColumnType::new(kind)
    }
}

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal(text.parse().expect("a decimal")))
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => left.to_bits() == right.to_bits(),
        (Value::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
        _ => format!("{left:?}") == format!("{right:?}"),
    }
}

#[test]
fn a_cell_is_written_as_its_type_says() {
    #[track_caller]
    fn check(column_type: ColumnType, value: Value, expected: &str) {
        let schema = schema(vec![column("c", column_type)], vec![0]);
        assert_eq!(
            row_text(&schema, &vec![value], 1),
            format!("{{\"c\":{expected}}}")
        );
    }
    use TypeKind as Kind;
    check(
        ColumnType::new(Kind::BigInt),
        Value::Int(i64::MIN),
        "-9223372036854775808",
    );
    check(
        unsigned(Kind::BigInt),
        Value::UInt(u64::MAX),
        "18446744073709551615",
    );
    check(unsigned(Kind::BigInt), Value::Int(5), "5");
    check(ColumnType::new(Kind::Year), Value::Int(2026), "2026");
    let money = ColumnType {
        scale: Some(2),
        ..ColumnType::with_length(Kind::Decimal, 10)
    };
    check(money.clone(), decimal("1.1"), "\"1.10\"");
    check(money.clone(), decimal("1.100"), "\"1.10\"");
    check(money.clone(), decimal("-0.00"), "\"0.00\"");
    check(money, decimal("1.125"), "\"1.125\"");
    check(ColumnType::new(Kind::Decimal), decimal("100"), "\"100\"");
    check(ColumnType::new(Kind::Float), Value::Float(0.1), "0.1");
    check(ColumnType::new(Kind::Double), Value::Double(0.1), "0.1");
    check(
        ColumnType::new(Kind::Double),
        Value::Double(1e300),
        "1e+300",
    );
    check(
        ColumnType::new(Kind::VarChar),
        text("a\"b\\\n\u{1}ü"),
        r#""a\"b\\\n\u0001ü""#,
    );
    check(
        ColumnType::new(Kind::VarBinary),
        Value::Bytes(vec![0x16, 0x6B, 0]),
        "\"166b00\"",
    );
    check(
        ColumnType::with_length(Kind::Bit, 3),
        Value::Bytes(vec![5]),
        "\"05\"",
    );
    let day = Date {
        year: 2026,
        month: 1,
        day: 31,
    };
    check(
        ColumnType::new(Kind::Date),
        Value::Date(day),
        "\"2026-01-31\"",
    );
    let moment = Value::DateTime(DateTime {
        date: day,
        micros: 36_000_000_000,
    });
    check(
        ColumnType::new(Kind::DateTime),
        moment.clone(),
        "\"2026-01-31 10:00:00\"",
    );
    check(
        ColumnType::with_length(Kind::Timestamp, 6),
        moment,
        "\"2026-01-31 10:00:00.000000\"",
    );
    check(
        ColumnType::new(Kind::Time),
        Value::Time(Time {
            micros: -3_020_399_000_000,
        }),
        "\"-838:59:59\"",
    );
    check(
        ColumnType::with_length(Kind::Time, 3),
        Value::Time(Time { micros: 1_500_000 }),
        "\"00:00:01.500\"",
    );
    check(
        ColumnType::new(Kind::Json),
        Value::Json("{\"a\": 1}".into()),
        r#""{\"a\": 1}""#,
    );
}

#[test]
fn a_row_has_its_key_first_then_the_other_identities_sorted_without_nulls() {
    let mut renamed = column("zeta", ColumnType::new(TypeKind::Int));
    renamed.identity = "alpha".into();
    let columns = vec![
        column("beta", ColumnType::new(TypeKind::Int)),
        renamed,
        column("k2", ColumnType::new(TypeKind::Int)),
        column("k1", ColumnType::new(TypeKind::VarChar)),
    ];
    let row = vec![Value::Int(1), Value::Int(2), Value::Int(3), text("x")];
    let keyed = schema(columns.clone(), vec![3, 2]);
    assert_eq!(
        row_text(&keyed, &row, 9),
        r#"{"k1":"x","k2":3,"alpha":2,"beta":1}"#
    );
    let keyless = schema(columns, vec![]);
    assert_eq!(
        row_text(&keyless, &row, 9),
        r#"[9,{"alpha":2,"beta":1,"k1":"x","k2":3}]"#
    );
    let sparse = vec![Value::Null, Value::Int(2), Value::Int(3), text("x")];
    assert_eq!(
        row_text(&keyed, &sparse, 1),
        r#"{"k1":"x","k2":3,"alpha":2}"#
    );
    assert_eq!(row_text(&keyless, &vec![Value::Null; 4], 2), "[2,{}]");
}

#[test]
fn an_older_schema_reads_what_it_wrote() {
    let old = schema(vec![column("k", ColumnType::new(TypeKind::Int))], vec![0]);
    let grown = vec![
        column("k", ColumnType::new(TypeKind::Int)),
        column("added", ColumnType::new(TypeKind::Text)),
    ];
    let new = schema(grown, vec![0]);
    let line = row_text(&old, &vec![Value::Int(1)], 1);
    let (row, _) = parse_row(&new, &line).expect("a line without the new column");
    assert!(matches!(row[..], [Value::Int(1), Value::Null]));
}

#[test]
fn bad_lines_are_refused_naming_column_and_value() {
    let columns = vec![
        column("k", ColumnType::new(TypeKind::Int)),
        column("u", unsigned(TypeKind::Int)),
        column("d", ColumnType::new(TypeKind::Date)),
        column("b", ColumnType::new(TypeKind::Blob)),
        column("f", ColumnType::new(TypeKind::Float)),
        column("n", ColumnType::new(TypeKind::Decimal)),
    ];
    let keyed = schema(columns.clone(), vec![0]);
    let keyless = schema(columns, vec![]);
    #[track_caller]
    fn check(schema: &Schema, line: &str, expected: &str) {
        assert_eq!(
            parse_row(schema, line)
                .map_err(|error| error.to_string())
                .expect_err(line),
            expected
        );
    }
    let number = "a number or a string (null is left out; objects and arrays are reserved)";
    check(&keyed, "", "expected `{` at byte 0 of the row, found ``");
    check(
        &keyed,
        r#"{"k":1"#,
        "expected `,` or `}` at byte 6 of the row, found ``",
    );
    check(
        &keyed,
        r#"{"k":1} x"#,
        "expected the end of the row at byte 8 of the row, found `x`",
    );
    check(
        &keyed,
        r#"{"k":1,"x":"y"}"#,
        "unknown column `x` with value `y`",
    );
    check(&keyed, r#"{"u":1}"#, "no value for primary key column `k`");
    check(
        &keyed,
        r#"{"k":1,"k":2}"#,
        "column `k` is given twice, the second time as `2`",
    );
    check(
        &keyed,
        r#"{"k":"1"}"#,
        "bad value `1` for column `k`: expected an integer of 64 bits",
    );
    check(
        &keyed,
        r#"{"k":1.0}"#,
        "bad value `1.0` for column `k`: expected an integer of 64 bits",
    );
    check(
        &keyed,
        r#"{"k":1,"u":-1}"#,
        "bad value `-1` for column `u`: expected an unsigned integer of 64 bits",
    );
    check(
        &keyed,
        r#"{"k":1,"d":"2026-13-01"}"#,
        "bad value `2026-13-01` for column `d`: expected a date such as \"2026-01-31\"",
    );
    check(
        &keyed,
        r#"{"k":1,"b":"0G"}"#,
        "bad value `0G` for column `b`: expected lower-case hexadecimal digits in quotes",
    );
    check(
        &keyed,
        r#"{"k":1,"f":1e400}"#,
        "bad value `1e400` for column `f`: expected a number",
    );
    check(
        &keyed,
        r#"{"k":1,"n":"1e9"}"#,
        "bad value `1e9` for column `n`: expected a decimal number of at most 65 digits, in quotes",
    );
    check(
        &keyed,
        r#"{"k":null}"#,
        &format!("expected {number} at byte 5 of the row, found `null}}`"),
    );
    check(
        &keyed,
        r#"{"k":{}}"#,
        &format!("expected {number} at byte 5 of the row, found `{{}}}}`"),
    );
    check(
        &keyed,
        r#"{"k":01}"#,
        &format!("expected {number} at byte 5 of the row, found `01}}`"),
    );
    check(
        &keyed,
        r#"{"k"#,
        "expected a JSON string at byte 1 of the row, found `\"k`",
    );
    check(
        &keyless,
        r#"{"k":1}"#,
        "expected `[`, as the row is keyless at byte 0 of the row, found `{\"k\":1}`",
    );
    check(
        &keyless,
        r#"[0,{}]"#,
        "bad row count `0`: expected a positive integer",
    );
}

#[test]
fn key_prefixes_bound_out_of_range_integers() {
    let columns = vec![
        column("u", unsigned(TypeKind::BigInt)),
        column("t", ColumnType::new(TypeKind::Text)),
    ];
    let schema = schema(columns, vec![0, 1]);
    let lowest = key_bytes(&schema, &vec![Value::UInt(0), text("")]);
    let highest = key_bytes(&schema, &vec![Value::UInt(u64::MAX), text("\u{10FFFF}")]);
    assert!(key_prefix_bytes(&schema, &[Value::Int(-1)]) < lowest);
    assert!(
        key_prefix_bytes(&schema, &[decimal("1")]) != key_prefix_bytes(&schema, &[Value::UInt(1)])
    );
    let beyond = Schema {
        columns: vec![column("i", ColumnType::new(TypeKind::BigInt))],
        key: vec![0],
        ..schema.clone()
    };
    assert!(
        key_prefix_bytes(&beyond, &[Value::UInt(u64::MAX)])
            > key_bytes(&beyond, &vec![Value::Int(i64::MAX)])
    );
    assert!(highest.starts_with(&key_prefix_bytes(&schema, &[Value::UInt(u64::MAX)])));
}

#[test]
fn a_keyless_key_is_the_hash_of_the_object() {
    let schema = schema(vec![column("c", ColumnType::new(TypeKind::Int))], vec![]);
    // xxh3-128 of nothing is 99aa06d3014798d86001c324468d497f (xxHash's own test vectors).
    assert_eq!(
        key::hash(b""),
        [
            0x99, 0xAA, 6, 0xD3, 1, 0x47, 0x98, 0xD8, 0x60, 1, 0xC3, 0x24, 0x46, 0x8D, 0x49, 0x7F
        ]
    );
    assert_eq!(
        key_bytes(&schema, &vec![Value::Int(1)]),
        key::hash(br#"{"c":1}"#)
    );
    assert!(key_prefix_bytes(&schema, &[Value::Int(1)]).is_empty());
}

/// A column type with a value of it, NULL apart.
fn typed() -> impl Strategy<Value = (ColumnType, Value)> {
    let date = (0..=9999_u16, 0..=12_u8, 0..=31_u8).prop_map(|(year, month, day)| Date {
        year,
        month,
        day,
    });
    let digits = (any::<i128>(), 0..=30_u32).prop_map(|(digits, scale)| {
        let number = bigdecimal::BigDecimal::new(digits.into(), i64::from(scale));
        let column_type = ColumnType {
            scale: Some(scale),
            ..ColumnType::with_length(TypeKind::Decimal, 65)
        };
        (column_type, Value::Decimal(Decimal(number)))
    });
    let fraction = |kind, digits| ColumnType {
        length: Some(digits),
        ..ColumnType::new(kind)
    };
    let with = |kind| move |value| (ColumnType::new(kind), value);
    prop_oneof![
        any::<i64>()
            .prop_map(Value::Int)
            .prop_map(with(TypeKind::BigInt)),
        any::<u64>().prop_map(|number| (unsigned(TypeKind::BigInt), Value::UInt(number))),
        (0..=2155_i64)
            .prop_map(Value::Int)
            .prop_map(with(TypeKind::Year)),
        digits,
        any::<f32>()
            .prop_map(Value::Float)
            .prop_map(with(TypeKind::Float)),
        any::<f64>()
            .prop_map(Value::Double)
            .prop_map(with(TypeKind::Double)),
        ".{0,6}"
            .prop_map(Value::Text)
            .prop_map(with(TypeKind::VarChar)),
        "[\\x00-\\x02ab]{0,4}"
            .prop_map(Value::Text)
            .prop_map(with(TypeKind::Enum)),
        proptest::collection::vec(any::<u8>(), 0..6)
            .prop_map(Value::Bytes)
            .prop_map(with(TypeKind::VarBinary)),
        proptest::collection::vec(0..2_u8, 0..4)
            .prop_map(Value::Bytes)
            .prop_map(with(TypeKind::Bit)),
        date.clone()
            .prop_map(Value::Date)
            .prop_map(with(TypeKind::Date)),
        (date, 0..86_400_000_000_u64, 0..=6_u32).prop_map(move |(date, micros, digits)| {
            (
                fraction(TypeKind::DateTime, digits),
                Value::DateTime(DateTime { date, micros }),
            )
        }),
        (-3_020_399_999_999..=3_020_399_999_999_i64, 0..=6_u32).prop_map(
            move |(micros, digits)| (
                fraction(TypeKind::Time, digits),
                Value::Time(Time { micros })
            )
        ),
        ".{0,6}"
            .prop_map(Value::Json)
            .prop_map(with(TypeKind::Json)),
    ]
}

/// The order of values of one kind.
fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::UInt(left), Value::UInt(right)) => left.cmp(right),
        (Value::Decimal(left), Value::Decimal(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => left.total_cmp(right),
        (Value::Double(left), Value::Double(right)) => left.total_cmp(right),
        (Value::Text(left), Value::Text(right)) | (Value::Json(left), Value::Json(right)) => {
            left.cmp(right)
        }
        (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::DateTime(left), Value::DateTime(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        _ => unreachable!("values of one kind are compared"),
    }
}

proptest! {
    #[test]
    fn parsing_a_row_text_gives_the_row_back(
        cells in proptest::collection::vec((typed(), any::<bool>()), 1..5),
        keyed in any::<bool>(),
        count in 1..u64::MAX,
    ) {
        let columns = cells.iter().enumerate().map(|(at, ((column_type, _), _))| column(&format!("c{at}"), column_type.clone()));
        let schema = schema(columns.collect(), if keyed { vec![0] } else { vec![] });
        let null = |at: usize, null: bool| null && (at > 0 || !keyed);
        let row: Row = cells.into_iter().enumerate().map(|(at, ((_, value), is))| if null(at, is) { Value::Null } else { value }).collect();
        let line = row_text(&schema, &row, count);
        let (back, times) = parse_row(&schema, &line).map_err(|error| TestCaseError::fail(format!("{line}: {error}")))?;
        for (value, back) in row.iter().zip(&back) {
            prop_assert!(same(value, back), "{value:?} came back as {back:?} from {line}");
        }
        prop_assert_eq!(times, if keyed { 1 } else { count });
        prop_assert_eq!(row_text(&schema, &back, times), line);
    }

    #[test]
    fn key_bytes_keep_the_order_of_keys(
        (column_type, first) in typed(),
        others in proptest::collection::vec(typed(), 40),
        tail in proptest::array::uniform2(any::<i8>()),
    ) {
        let of_type = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(&first);
        let schema = schema(vec![column("a", column_type.clone()), column("b", ColumnType::new(TypeKind::Int))], vec![0, 1]);
        for (_, second) in others.iter().filter(|(_, value)| of_type(value)) {
            let rows = [(&first, tail[0]), (second, tail[1])].map(|(value, tail)| vec![value.clone(), Value::Int(tail.into())]);
            let expected = order(&first, second).then(tail[0].cmp(&tail[1]));
            prop_assert_eq!(key_bytes(&schema, &rows[0]).cmp(&key_bytes(&schema, &rows[1])), expected, "{:?}", rows);
            let prefix = key_prefix_bytes(&schema, &rows[0][..1]);
            prop_assert!(key_bytes(&schema, &rows[0]).starts_with(&prefix));
            prop_assert_eq!(key_bytes(&schema, &rows[1]).starts_with(&prefix), order(&first, second).is_eq());
        }
    }

    #[test]
    fn no_line_makes_the_parser_panic(line in "[\\[\\]{}\",:0-9a-ckeE+\\-.\\\\ un]{0,40}") {
        let columns = vec![column("k", ColumnType::new(TypeKind::Int)), column("a", ColumnType::new(TypeKind::Time))];
        let _ = parse_row(&schema(columns.clone(), vec![0]), &line);
        let _ = parse_row(&schema(columns, vec![]), &line);
    }
}
