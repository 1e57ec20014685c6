//! vrev
fn main() {}
