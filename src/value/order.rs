//! The total order of values: equality, ordering and hashing agree, so values can be keys of any map.
//!
//! NULL comes first, then values by kind in the order of [`Value`]'s variants, then by value. `Int(1)` and `UInt(1)`
//! are different keys; decimals are equal whatever their scales; floats follow IEEE 754 `totalOrder`.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::Value;

impl Value {
    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Int(_) => 1,
            Self::UInt(_) => 2,
            Self::Decimal(_) => 3,
            Self::Float(_) => 4,
            Self::Double(_) => 5,
            Self::Text(_) => 6,
            Self::Bytes(_) => 7,
            Self::Date(_) => 8,
            Self::DateTime(_) => 9,
            Self::Time(_) => 10,
            Self::Json(_) => 11,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::UInt(a), Self::UInt(b)) => a.cmp(b),
            (Self::Decimal(a), Self::Decimal(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) | (Self::Json(a), Self::Json(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::DateTime(a), Self::DateTime(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::Null => {}
            Self::Int(value) => value.hash(state),
            Self::UInt(value) => value.hash(state),
            Self::Decimal(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::Double(value) => value.to_bits().hash(state),
            Self::Text(value) | Self::Json(value) => value.hash(state),
            Self::Bytes(value) => value.hash(state),
            Self::Date(value) => value.hash(state),
            Self::DateTime(value) => value.hash(state),
            Self::Time(value) => value.hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::value::Decimal;

    fn decimal(text: &str) -> Value {
        Value::Decimal(Decimal::parse(text).unwrap())
    }

    #[test]
    fn orders_null_first_then_by_kind_then_by_value() {
        let sorted = [
            Value::Null,
            Value::Int(-1),
            Value::Int(2),
            Value::UInt(0),
            decimal("-3.5"),
            decimal("1.10"),
            Value::Double(f64::NEG_INFINITY),
            Value::Double(-0.0),
            Value::Double(0.0),
            Value::from("B"),
            Value::from("a"),
            Value::Bytes(vec![0]),
        ];
        for (index, value) in sorted.iter().enumerate() {
            for (other_index, other) in sorted.iter().enumerate() {
                assert_eq!(
                    value.cmp(other),
                    index.cmp(&other_index),
                    "{value:?} and {other:?}"
                );
            }
        }
    }

    #[test]
    fn equal_decimals_hash_alike_whatever_their_scale() {
        let set: HashSet<Value> = ["1.10", "1.1", "1.100", "0", "0.00", "-0.0", "100", "1e2"]
            .map(decimal)
            .into();
        assert_eq!(set.len(), 3);
    }

    #[test]
    fn nan_equals_itself() {
        assert_eq!(Value::Double(f64::NAN), Value::Double(f64::NAN));
    }
}
