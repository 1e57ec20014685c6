//! The known name that a misspelt one may stand for.

/// Returns the candidate that takes the fewest letters to insert, drop or change; none if that is more than a third of
/// it. Of equally near ones the first in order.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, near) = candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .min()?;
    (distance <= near.len().div_ceil(3)).then_some(near)
}

/// How many letters to insert, drop or change to get from one name to the other; names are short, so others are
/// compared by their first 64 letters.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["format", "checks", "endpoints", "suppress"];
        assert_eq!(nearest("fromat", known), Some("format"));
        assert_eq!(nearest("check", known), Some("checks"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!((distance("", "ab"), distance("abc", "abd")), (2, 1));
    }
}
