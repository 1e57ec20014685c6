//! DES under the key of eight zero bytes, which is all that the vindex `hash` needs.
//!
//! Every round key of that key is zero, so a round is the same function of half a block each time, and tables of it take
//! a quarter of the steps that a general DES needs (FIPS 46-3; the tests compare with the crate `des`).

/// The substitution boxes, by the six bits that enter them.
const BOXES: [[u8; 64]; 8] = [
    [
        14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12,
        11, 9, 5, 3, 8, 4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9,
        1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
    ],
    [
        15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1,
        10, 6, 9, 11, 5, 0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15,
        4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
    ],
    [
        10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5,
        14, 12, 11, 15, 1, 13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6,
        9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
    ],
    [
        7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2,
        12, 1, 10, 14, 9, 10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1,
        13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
    ],
    [
        2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15,
        10, 3, 9, 8, 6, 4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14,
        2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
    ],
    [
        12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13,
        14, 0, 11, 3, 8, 9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5,
        15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
    ],
    [
        4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5,
        12, 2, 15, 8, 6, 1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4,
        10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
    ],
    [
        13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6,
        11, 0, 14, 9, 2, 7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10,
        8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
    ],
];

/// The permutation of a round's output: from which bit (1 is the highest) each comes.
const PERMUTATION: [u32; 32] = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19,
    13, 30, 6, 22, 11, 4, 25,
];

/// What two neighbouring boxes give, permuted, by the ten bits that enter them.
static PAIRS: [[u32; 1024]; 4] = pairs();

const fn pairs() -> [[u32; 1024]; 4] {
    let mut pairs = [[0; 1024]; 4];
    let mut pair = 0;
    while pair < 4 {
        let mut bits = 0;
        while bits < 1024 {
            let high = substitute(2 * pair, bits >> 4);
            let low = substitute(2 * pair + 1, bits & 63);
            pairs[pair][bits] = permute((high << 4 | low) << (24 - 8 * pair));
            bits += 1;
        }
        pair += 1;
    }
    pairs
}

/// The outer two bits choose a box's row, the inner four its column.
const fn substitute(index: usize, bits: usize) -> u32 {
    let row = bits >> 4 & 2 | bits & 1;
    BOXES[index][row * 16 + (bits >> 1 & 15)] as u32
}

const fn permute(word: u32) -> u32 {
    let (mut permuted, mut bit) = (0, 0);
    while bit < 32 {
        permuted = permuted << 1 | word >> (32 - PERMUTATION[bit]) & 1;
        bit += 1;
    }
    permuted
}

/// The function of a round: half a block, expanded, substituted and permuted.
fn round(half: u32) -> u32 {
    let bits = half.rotate_right(1);
    let pair = |index: usize, rotated: u32| PAIRS[index][(rotated >> 22) as usize];
    pair(0, bits)
        ^ pair(1, bits.rotate_left(8))
        ^ pair(2, bits.rotate_left(16))
        ^ pair(3, bits.rotate_left(24))
}

/// Encrypts a block, and decrypts one: with equal round keys both are the same.
pub(super) fn encrypt(block: u64) -> u64 {
    let block = initial_permutation(block);
    let (mut left, mut right) = ((block >> 32) as u32, block as u32);
    for _ in 0..8 {
        left ^= round(right);
        right ^= round(left);
    }
    final_permutation(u64::from(right) << 32 | u64::from(left))
}

/// Exchanges the bits under `mask` with those `shift` places higher.
const fn swap(block: u64, shift: u32, mask: u64) -> u64 {
    let difference = (block >> shift ^ block) & mask;
    block ^ difference ^ difference << shift
}

/// The initial permutation: the block as 8 by 8 bits is transposed, and its rows are put in another order.
fn initial_permutation(block: u64) -> u64 {
    let block = swap(block, 36, 0x0F0F_0F0F);
    let block = swap(block, 48, 0xFFFF);
    let block = swap(block, 30, 0xCCCC_CCCC);
    let block = swap(block, 24, 0xFF00_FF00);
    swap(block, 33, 0x5555_5555)
}

fn final_permutation(block: u64) -> u64 {
    let block = swap(block, 33, 0x5555_5555);
    let block = swap(block, 24, 0xFF00_FF00);
    let block = swap(block, 30, 0xCCCC_CCCC);
    let block = swap(block, 48, 0xFFFF);
    swap(block, 36, 0x0F0F_0F0F)
}

#[cfg(test)]
mod tests {
    use des::Des;
    use des::cipher::{Array, BlockCipherEncrypt, KeyInit};

    use super::*;

    proptest::proptest! {
        #[test]
        fn equals_des(block: u64) {
            let mut expected = Array::from(block.to_be_bytes());
            Des::new(&Array::from([0_u8; 8])).encrypt_block(&mut expected);
            proptest::prop_assert_eq!(encrypt(block).to_be_bytes(), <[u8; 8]>::from(expected));
            proptest::prop_assert_eq!(encrypt(encrypt(block)), block);
        }
    }
}
