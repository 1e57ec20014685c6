//! Lists whose elements are matched by name: the merged order.

/// Returns the elements of `present` in merged order. The order is ours, or theirs where only they changed that of the
/// elements both have; what the other side added follows the element that it followed there, after what stands there
/// already. Both reordering is told by the second value.
pub(super) fn merge(
    base: &[String],
    ours: &[String],
    theirs: &[String],
    present: &dyn Fn(&str) -> bool,
) -> (Vec<String>, bool) {
    let common = |list: &[String], one: &[String], other: &[String]| -> Vec<String> {
        let kept = list.iter();
        kept.filter(|name| one.contains(name) && other.contains(name) && present(name))
            .cloned()
            .collect()
    };
    let our_order = common(ours, theirs, ours);
    let their_order = common(theirs, ours, theirs);
    let kept_by = |side: &[String]| common(base, side, base) == common(side, base, side);
    let differ = our_order != their_order;
    let (first, second) = if differ && kept_by(ours) {
        (theirs, ours)
    } else {
        (ours, theirs)
    };
    let mut merged: Vec<String> = first.iter().filter(|name| present(name)).cloned().collect();
    for (at, name) in second.iter().enumerate() {
        if merged.contains(name) || !present(name) {
            continue;
        }
        let before = second[..at].iter().rev();
        let neighbour = before
            .filter_map(|left| merged.iter().position(|known| known == left))
            .next();
        let mut place = neighbour.map_or(0, |place| place + 1);
        // After what only the first side has there.
        while merged.get(place).is_some_and(|next| !second.contains(next)) {
            place += 1;
        }
        merged.insert(place, name.clone());
    }
    let both = differ && !kept_by(ours) && !kept_by(theirs);
    (merged, both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_follow_their_neighbour() {
        let list = |text: &str| -> Vec<String> { text.chars().map(String::from).collect() };
        #[track_caller]
        fn check(
            base: Vec<String>,
            ours: Vec<String>,
            theirs: Vec<String>,
            expected: &str,
            both: bool,
        ) {
            let gone = |name: &str| {
                let name = name.to_owned();
                base.contains(&name) && !(ours.contains(&name) && theirs.contains(&name))
            };
            let (merged, reordered) = merge(&base, &ours, &theirs, &|name| !gone(name));
            assert_eq!((merged.concat().as_str(), reordered), (expected, both));
        }
        check(list("abc"), list("abcx"), list("abcy"), "abcxy", false);
        check(list("abc"), list("abxc"), list("aybc"), "aybxc", false);
        check(list("abc"), list("acb"), list("abc"), "acb", false);
        check(list("abc"), list("abcx"), list("cab"), "cxab", false);
        check(list("abc"), list("acb"), list("bac"), "acb", true);
        check(list("abc"), list("ab"), list("abcx"), "abx", false);
        check(list("ab"), list("xab"), list("yab"), "xyab", false);
        check(list(""), list("ab"), list("ac"), "abc", false);
    }
}
