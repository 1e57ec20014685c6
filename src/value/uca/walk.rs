//! The walk over a text: contractions across marks, the order of marks, implicit weights.
//!
//! The rules are those of Go's `golang.org/x/text/collate`, which Vitess uses: the text is not normalised; a contraction
//! may skip marks of lower class; runs of marks are put in the order of their classes, thirty at most.

use super::{Contraction, Table, combining_classes};

/// Elements that one run of marks may hold before it is cut (`maxCombiningCharacters`).
const RUN_LIMIT: usize = 30;

/// What one step of the walk delivers.
struct Step<E> {
    weights: Vec<E>,
    /// Class of the mark; 0 for what is none and ends a run.
    class: u8,
    /// Elements that it counts for, ignorable ones too.
    count: usize,
    /// Index of the next character to read.
    next: usize,
}

impl<E: Clone> Table<E> {
    /// Returns the weights of a text, in order. `implicit` gives those of a character without an entry.
    pub fn weigh(&self, text: &str, implicit: impl Fn(char) -> Vec<E>) -> Vec<E> {
        let characters: Vec<char> = text.chars().collect();
        let mut out = Vec::with_capacity(characters.len());
        let mut run: Vec<Step<E>> = Vec::new();
        let mut run_count = 0;
        let mut index = 0;
        while index < characters.len() {
            let step = self.step(&characters, index, &implicit);
            index = step.next;
            if step.class == 0 || run_count + step.count > RUN_LIMIT {
                out.extend(run.drain(..).flat_map(|mark| mark.weights));
                run_count = 0;
            }
            if step.class == 0 {
                out.extend(step.weights);
            } else {
                run_count += step.count;
                let after = run
                    .iter()
                    .rposition(|mark| mark.class <= step.class)
                    .map_or(0, |position| position + 1);
                run.insert(after, step);
            }
        }
        out.extend(run.into_iter().flat_map(|mark| mark.weights));
        out
    }

    fn step(
        &self,
        characters: &[char],
        index: usize,
        implicit: &impl Fn(char) -> Vec<E>,
    ) -> Step<E> {
        let first = characters[index];
        if let Some(contractions) = self.contractions.get(&first)
            && let Some(step) = self.contract(contractions, characters, index, implicit)
        {
            return step;
        }
        match self.entry(first) {
            Some(weights) => Step {
                weights: weights.to_vec(),
                class: combining_classes(first).0,
                count: weights.len().max(1),
                next: index + 1,
            },
            None => Step {
                weights: self.without_entry(first, implicit),
                class: 0,
                count: 1,
                next: index + 1,
            },
        }
    }

    /// The weights of the longest contraction that starts at `index`, and of the marks skipped within it.
    fn contract(
        &self,
        contractions: &[Contraction],
        characters: &[char],
        index: usize,
        implicit: &impl Fn(char) -> Vec<E>,
    ) -> Option<Step<E>> {
        let continues = |taken: &[char], c: char| {
            contractions.iter().any(|(rest, _)| {
                rest.len() > taken.len() && rest.starts_with(taken) && rest[taken.len()] == c
            })
        };
        let complete = |taken: &[char]| {
            contractions
                .iter()
                .find(|(rest, _)| rest == taken)
                .map(|(_, place)| *place)
        };
        let mut taken = Vec::new();
        let mut skipped = Vec::new();
        let mut best = None;
        let mut next = index + 1;
        while let Some(&c) = characters.get(next)
            && continues(&taken, c)
        {
            taken.push(c);
            next += 1;
            best = complete(&taken).map(|place| (place, 0, next)).or(best);
        }
        let mut class_before = 0;
        while let Some(&c) = characters.get(next)
            && combining_classes(c).0 > class_before
        {
            // The first mark does not continue the contraction: that is why the loop above ended.
            if class_before > 0 && continues(&taken, c) {
                taken.push(c);
                best = complete(&taken)
                    .map(|place| (place, skipped.len(), next + 1))
                    .or(best);
            } else {
                skipped.push(c);
            }
            class_before = combining_classes(c).1;
            next += 1;
        }
        let (place, skipped_count, next) = best?;
        let mut weights = self.at(place)?.to_vec();
        for mark in &skipped[..skipped_count] {
            weights.extend(
                self.entry(*mark)
                    .map_or_else(|| implicit(*mark), <[E]>::to_vec),
            );
        }
        let count = weights.len().max(1);
        Some(Step {
            weights,
            class: combining_classes(characters[index]).0,
            count,
            next,
        })
    }

    /// A Hangul syllable weighs what its jamo weigh; the rest is the caller's.
    fn without_entry(&self, c: char, implicit: &impl Fn(char) -> Vec<E>) -> Vec<E> {
        const SYLLABLES: std::ops::RangeInclusive<char> = '\u{AC00}'..='\u{D7A3}';
        if !SYLLABLES.contains(&c) {
            return implicit(c);
        }
        let index = u32::from(c) - 0xAC00;
        let trailing = index % 28;
        [
            Some(0x1100 + index / 588),
            Some(0x1161 + index % 588 / 28),
            (trailing > 0).then_some(0x11A7 + trailing),
        ]
        .into_iter()
        .flatten()
        .filter_map(char::from_u32)
        .flat_map(|jamo| {
            self.entry(jamo)
                .map_or_else(|| implicit(jamo), <[E]>::to_vec)
        })
        .collect()
    }
}
