//! Unicode's collation weights: what texts weigh, for MySQL's Unicode collations and for Vitess's `unicode_loose_*`.
//!
//! The data is Unicode's DUCET 6.3.0 (`allkeys.txt`, © Unicode, Inc., under the Unicode licence), packed by
//! `generate.py` beside this file; MySQL's `0900` collations are built on version 9.0, whose weights order and equate
//! the characters of 6.3.0 alike. Combining classes are those of Unicode 15.0. Invariant: looking up a character never
//! fails; what has no entry has an implicit weight, as UTS #10 says.

mod walk;

use std::collections::HashMap;
use std::sync::OnceLock;

/// What `generate.py` wrote.
const DATA: &[u8] = include_bytes!("ducet-6.3.0.bin");

/// One collation element: the weights of a character, or of a part of it, on three levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Base letter.
    pub primary: u16,
    /// Accent.
    pub secondary: u16,
    /// Case and form.
    pub tertiary: u16,
}

/// Where weights are: 1 + index of the first and their number; (0, 0) for no entry.
type Place = (u32, u8);

/// The further characters of a contraction (1 or 2), and where its weights are.
type Contraction = (Vec<char>, Place);

/// Weights of type `E` by character and by contraction.
#[derive(Debug)]
pub struct Table<E> {
    elements: Vec<E>,
    /// By code point / 256: 1 + index into `pages`, 0 for a page without entries.
    page_of: Vec<u16>,
    /// By page and code point % 256: the place of the weights.
    pages: Vec<[Place; 256]>,
    /// By first character.
    contractions: HashMap<char, Vec<Contraction>>,
}

/// Properties of characters that the walk over a text needs.
#[derive(Debug)]
struct Properties {
    /// First code point, length, class of the first and of the last code point of the decomposition; sorted.
    classes: Vec<(u32, u32, u8, u8)>,
    /// Character and its base letter in upper case; sorted.
    base_letters: Vec<(u32, u32)>,
}

/// The default table of Unicode's collation algorithm.
pub fn ducet() -> &'static Table<Element> {
    &loaded().0
}

/// The class by which marks are ordered, of the first and of the last code point of the character's decomposition;
/// (0, 0) for what is no mark.
fn combining_classes(c: char) -> (u8, u8) {
    let point = u32::from(c);
    if point < 0x300 {
        return (0, 0);
    }
    let classes = &loaded().1.classes;
    match classes
        .partition_point(|range| range.0 <= point)
        .checked_sub(1)
        .map(|index| classes[index])
    {
        Some((first, length, of_first, of_last)) if point < first + length => (of_first, of_last),
        _ => (0, 0),
    }
}

/// The letter without its accents, in upper case, as `utf8mb4_general_ci` has it; `None` where there is no accent.
pub fn base_letter(c: char) -> Option<char> {
    let letters = &loaded().1.base_letters;
    let index = letters
        .binary_search_by_key(&u32::from(c), |letter| letter.0)
        .ok()?;
    char::from_u32(letters[index].1)
}

impl<E: Clone> Table<E> {
    fn new() -> Self {
        Self {
            elements: Vec::new(),
            page_of: vec![0; 0x1100],
            pages: Vec::new(),
            contractions: HashMap::new(),
        }
    }

    /// Sets the weights of a character or a contraction, given as its characters.
    pub fn set(&mut self, characters: &[char], weights: &[E]) {
        let start = u32::try_from(self.elements.len() + 1).unwrap_or(0);
        let place = (start, u8::try_from(weights.len()).unwrap_or(u8::MAX));
        self.elements
            .extend_from_slice(&weights[..usize::from(place.1)]);
        self.place(characters, place);
    }

    /// Takes the entry of a character away.
    pub fn remove(&mut self, character: char) {
        self.place(&[character], (0, 0));
    }

    fn place(&mut self, characters: &[char], place: Place) {
        match characters {
            [] => {}
            [single] => {
                let (page, cell) = page_and_cell(*single);
                if self.page_of[page] == 0 {
                    self.pages.push([(0, 0); 256]);
                    self.page_of[page] = u16::try_from(self.pages.len()).unwrap_or(0);
                }
                self.pages[usize::from(self.page_of[page]) - 1][cell] = place;
            }
            [first, rest @ ..] => {
                let contractions = self.contractions.entry(*first).or_default();
                contractions.retain(|(known, _)| known != rest);
                contractions.push((rest.to_vec(), place));
            }
        }
    }

    /// The weights of a character's entry: empty for an ignorable one, `None` without entry.
    pub fn entry(&self, c: char) -> Option<&[E]> {
        let (page, cell) = page_and_cell(c);
        let page = usize::from(self.page_of[page]).checked_sub(1)?;
        self.at(self.pages[page][cell])
    }

    fn at(&self, (start, length): Place) -> Option<&[E]> {
        let start = usize::try_from(start).ok()?.checked_sub(1)?;
        self.elements.get(start..start + usize::from(length))
    }

    /// A table with the same entries, each of its weights made anew.
    pub fn map<F: Clone>(&self, weights: impl Fn(&[E]) -> Vec<F>) -> Table<F> {
        let mut mapped = Table::new();
        for (page, index) in self.page_of.iter().enumerate() {
            let Some(index) = usize::from(*index).checked_sub(1) else {
                continue;
            };
            for (cell, place) in self.pages[index].iter().enumerate() {
                let point = u32::try_from(page * 256 + cell)
                    .ok()
                    .and_then(char::from_u32);
                if let (Some(point), Some(entry)) = (point, self.at(*place)) {
                    mapped.set(&[point], &weights(entry));
                }
            }
        }
        for (first, contractions) in &self.contractions {
            for (rest, place) in contractions {
                let characters: Vec<char> = std::iter::once(*first)
                    .chain(rest.iter().copied())
                    .collect();
                mapped.set(&characters, &weights(self.at(*place).unwrap_or_default()));
            }
        }
        mapped
    }

    /// Every entry as (characters, weights), sorted by characters.
    pub fn entries(&self) -> Vec<(Vec<char>, &[E])> {
        let mut entries: Vec<(Vec<char>, &[E])> = ('\0'..=char::MAX)
            .filter_map(|c| Some((vec![c], self.entry(c)?)))
            .chain(self.contractions.iter().flat_map(|(first, contractions)| {
                contractions.iter().map(|(rest, place)| {
                    let characters = std::iter::once(*first)
                        .chain(rest.iter().copied())
                        .collect();
                    (characters, self.at(*place).unwrap_or_default())
                })
            }))
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    }
}

fn page_and_cell(c: char) -> (usize, usize) {
    let point = u32::from(c);
    (
        usize::try_from(point >> 8).unwrap_or(0),
        usize::try_from(point & 0xFF).unwrap_or(0),
    )
}

fn loaded() -> &'static (Table<Element>, Properties) {
    static LOADED: OnceLock<(Table<Element>, Properties)> = OnceLock::new();
    LOADED.get_or_init(|| load(DATA).expect("the data file is the generator's output"))
}

/// Reads what `generate.py` describes.
fn load(data: &[u8]) -> Option<(Table<Element>, Properties)> {
    let mut input = Input(data);
    let mut pairs = Vec::new();
    for _ in 0..input.number()? {
        pairs.push((
            u16::try_from(input.number()?).ok()?,
            u16::try_from(input.number()?).ok()?,
        ));
    }
    let mut table = Table::new();
    let (mut point, mut primary) = (0, 0_i64);
    let (mut characters, mut elements) = (Vec::new(), Vec::new());
    for _ in 0..input.number()? {
        let header = input.number()?;
        point += header / 4;
        characters.clear();
        characters.push(char::from_u32(point)?);
        for _ in 0..header % 4 {
            characters.push(char::from_u32(input.number()?)?);
        }
        elements.clear();
        for _ in 0..input.number()? {
            primary += input.difference()?;
            let (secondary, tertiary) = *pairs.get(usize::try_from(input.number()?).ok()?)?;
            elements.push(Element {
                primary: u16::try_from(primary).ok()?,
                secondary,
                tertiary,
            });
        }
        table.set(&characters, &elements);
    }
    let mut classes = Vec::new();
    point = 0;
    for _ in 0..input.number()? {
        point += input.number()?;
        let length = input.number()?;
        classes.push((
            point,
            length,
            u8::try_from(input.number()?).ok()?,
            u8::try_from(input.number()?).ok()?,
        ));
    }
    let mut base_letters = Vec::new();
    point = 0;
    for _ in 0..input.number()? {
        point += input.number()?;
        base_letters.push((point, input.number()?));
    }
    input.0.is_empty().then_some((
        table,
        Properties {
            classes,
            base_letters,
        },
    ))
}

/// LEB128 numbers.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn number(&mut self) -> Option<u32> {
        let mut value = 0_u32;
        for shift in (0..35).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u32::from(byte & 0x7F).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn difference(&mut self) -> Option<i64> {
        let value = i64::from(self.number()?);
        Some(if value % 2 == 0 {
            value / 2
        } else {
            -(value + 1) / 2
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_unicodes_entries() {
        // allkeys.txt of UCA 6.3.0: 0061 ; [.15EB.0020.0002], 00E9 ; [.1648.0020.0002][.0000.0024.0002], NUL ignorable.
        let element = |primary, secondary, tertiary| Element {
            primary,
            secondary,
            tertiary,
        };
        assert_eq!(ducet().entry('a'), Some(&[element(0x15EB, 0x20, 2)][..]));
        assert_eq!(ducet().entry('A'), Some(&[element(0x15EB, 0x20, 8)][..]));
        assert_eq!(ducet().entry('é').map(<[Element]>::len), Some(2));
        assert_eq!(ducet().entry('\0').map(|entry| entry[0].primary), Some(0));
        assert_eq!(ducet().entry('日'), None);
        assert_eq!(ducet().entries().len(), 25_137);
    }

    #[test]
    fn knows_marks_and_base_letters() {
        let cases = [
            ('a', (0, 0)),
            ('\u{301}', (230, 230)),
            ('\u{f73}', (129, 130)),
            ('\u{345}', (240, 240)),
            ('\u{20d0}', (230, 230)),
            ('é', (0, 0)),
        ];
        for (c, classes) in cases {
            assert_eq!(combining_classes(c), classes, "U+{:04X}", u32::from(c));
        }
        let cases = [
            ('é', Some('E')),
            ('ß', Some('S')),
            ('ё', Some('Е')),
            ('й', None),
            ('a', None),
            ('ø', None),
            ('ά', Some('Α')),
        ];
        for (c, base) in cases {
            assert_eq!(base_letter(c), base, "{c}");
        }
    }
}
