//! Exact decimals of up to 65 digits, scale kept (MySQL's DECIMAL).

use bigdecimal::BigDecimal;

/// An exact number; two decimals are equal when their values are, whatever their scales.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub(crate) BigDecimal);
