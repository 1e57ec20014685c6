//! Fields of the VSchema's documents: how proto-JSON says objects, lists, enums and numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::catalog::vschema::ForeignKeyMode;
use crate::value;

/// What is read from an object only: a derived reader takes a list of the fields' values too.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(access)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// Reads an object, `null` as none.
pub(in crate::catalog::vschema) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// Reads a list of objects, `null` as an empty one.
pub(in crate::catalog::vschema) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let objects = Option::<Vec<Object<T>>>::deserialize(deserializer)?;
    Ok(objects
        .unwrap_or_default()
        .into_iter()
        .map(|object| object.0)
        .collect())
}

/// Reads an object of objects, as [`by_name`].
pub(in crate::catalog::vschema) fn objects_by_name<
    'de,
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    let objects = by_name::<D, Object<T>>(deserializer)?.into_iter();
    Ok(objects.map(|(name, object)| (name, object.0)).collect())
}

/// An enum of the proto, by name or number; an integer, perhaps as text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(in crate::catalog::vschema) enum Enum {
    Name(String),
    Number(i32),
}

/// Values of `foreign_key_mode` by number.
const MODES: [(&str, ForeignKeyMode); 4] = [
    ("unspecified", ForeignKeyMode::Unspecified),
    ("disallow", ForeignKeyMode::Disallow),
    ("unmanaged", ForeignKeyMode::Unmanaged),
    ("managed", ForeignKeyMode::Managed),
];

impl From<Enum> for ForeignKeyMode {
    fn from(value: Enum) -> Self {
        let mode = match value {
            Enum::Name(name) => MODES.iter().find(|(known, _)| *known == name),
            Enum::Number(number) => usize::try_from(number)
                .ok()
                .and_then(|number| MODES.get(number)),
        };
        mode.map_or(Self::Unspecified, |(_, mode)| *mode)
    }
}

/// Reads a query type into its name; an unknown number stays a number, an unknown name and `NULL_TYPE` are unsaid.
pub(in crate::catalog::vschema) fn query_type<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    let name = match Option::<Enum>::deserialize(deserializer)? {
        Some(Enum::Name(name)) if value::query_type_number(&name).is_some() => name,
        Some(Enum::Number(number)) => {
            value::query_type_name(number).map_or_else(|| number.to_string(), str::to_owned)
        }
        _ => String::new(),
    };
    Ok(if is_unsaid(&name) {
        String::new()
    } else {
        name
    })
}

/// Tells whether a query type says nothing.
pub(in crate::catalog::vschema) fn is_unsaid(query_type: &str) -> bool {
    matches!(query_type, "" | "NULL_TYPE")
}

/// Reads an int32, also as text; `null` as 0.
pub(in crate::catalog::vschema) fn integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<i32, D::Error> {
    match Option::<Enum>::deserialize(deserializer)? {
        None => Ok(0),
        Some(Enum::Number(number)) => Ok(number),
        Some(Enum::Name(text)) => text.parse().map_err(de::Error::custom),
    }
}

/// Tells whether a value need not be said.
pub(in crate::catalog::vschema) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads `null` as the default.
pub(in crate::catalog::vschema) fn or_default<
    'de,
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads an object whose names must differ; `null` as empty, a `null` value as the default.
pub(in crate::catalog::vschema) fn by_name<
    'de,
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    struct Unique<T>(PhantomData<T>);

    impl<'de, T: Default + Deserialize<'de>> Visitor<'de> for Unique<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some(name) = access.next_key::<String>()? {
                if map.contains_key(&name) {
                    return Err(de::Error::custom(format!("duplicate name `{name}`")));
                }
                let value = access.next_value::<Option<T>>()?.unwrap_or_default();
                map.insert(name, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_any(Unique(PhantomData))
}
