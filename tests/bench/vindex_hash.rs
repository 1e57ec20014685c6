//! How many integers a second the vindex `hash` maps, beside what the same run needs for the cipher alone, for the
//! crate `des` and for `xxhash`.
//!
//! Prints figures; asserts only that every value maps.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use des::Des;
use des::cipher::{Array, BlockCipherEncrypt, KeyInit};
use vrev::value::Value;
use vrev::vindex::{Destination, NoLookup, hash_number, registry};

/// Values that one call of `map` gets.
const BATCH: i64 = 10_000;
/// Calls that one measurement makes.
const BATCHES: i64 = 200;
/// Measurements, of which the fastest counts.
const ROUNDS: usize = 5;

fn main() {
    let rows: Vec<Vec<Value>> = (0..BATCH).map(|number| vec![Value::Int(number)]).collect();
    let map = |vindex_type: &str| {
        let vindex = registry::create(vindex_type, "v", &BTreeMap::new(), None)
            .expect("the type takes no parameters");
        measure(|| {
            let destinations = vindex
                .map(black_box(&rows), &mut NoLookup)
                .expect("integers map");
            assert!(
                destinations
                    .iter()
                    .all(|destination| matches!(destination, Destination::KeyspaceId(_)))
            );
            black_box(destinations);
        })
    };
    let hash = map("hash");
    let xxhash = map("xxhash");
    let cipher = measure(|| {
        for number in 0..BATCH.unsigned_abs() {
            black_box(hash_number(black_box(number)));
        }
    });
    let general = Des::new(&Array::from([0_u8; 8]));
    let general = measure(|| {
        for number in 0..BATCH.unsigned_abs() {
            let mut block = Array::from(black_box(number).to_be_bytes());
            general.encrypt_block(&mut block);
            black_box(block);
        }
    });
    print("hash", hash, hash);
    print("xxhash", xxhash, hash);
    print("its cipher", cipher, hash);
    print("crate des", general, hash);
}

/// The shortest time that `BATCHES` calls take.
fn measure(call: impl Fn()) -> Duration {
    let round = || {
        let start = Instant::now();
        (0..BATCHES).for_each(|_| call());
        start.elapsed()
    };
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

fn print(name: &str, time: Duration, hash: Duration) {
    let count = (BATCH * BATCHES) as f64;
    let millions = count / time.as_secs_f64() / 1e6;
    let ratio = time.as_secs_f64() / hash.as_secs_f64();
    println!("{name:<10} {millions:8.2} M integers/s   time / time of hash = {ratio:.2}");
}
