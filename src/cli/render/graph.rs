//! The lines that `log --graph` draws beside commits: one lane per line of descent, as `git log --graph` draws them.
//!
//! Commits come children first. A lane waits for one commit; two lanes that wait for the same one are joined.

/// Lanes between commits.
#[derive(Debug, Clone)]
pub(super) struct Graph<T> {
    lanes: Vec<T>,
}

/// What to print beside one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawing {
    /// Beside the commit's first line; ends with a space.
    pub(super) first: String,
    /// Beside its other lines.
    pub(super) rest: String,
    /// Lines of edges after the commit's text.
    pub(super) edges: Vec<String>,
}

impl<T> Default for Graph<T> {
    fn default() -> Self {
        Self { lanes: Vec::new() }
    }
}

impl<T: Copy + PartialEq> Graph<T> {
    /// Draws the next commit.
    pub(super) fn draw(&mut self, commit: T, parents: &[T]) -> Drawing {
        let at = self
            .lanes
            .iter()
            .position(|lane| *lane == commit)
            .unwrap_or_else(|| {
                self.lanes.push(commit);
                self.lanes.len() - 1
            });
        let before = self.lanes.len();
        let mut edges = Vec::new();
        match parents.split_first() {
            None => {
                let row = Row::new(before).without(at).shifted_left(at + 1);
                if at + 1 < before {
                    edges.push(row.text());
                }
                self.lanes.remove(at);
            }
            Some((first, others)) => {
                self.lanes[at] = *first;
                for (number, other) in (1..).zip(others) {
                    edges.push(Row::new(self.lanes.len()).branching(at + number - 1).text());
                    self.lanes.insert(at + number, *other);
                }
            }
        }
        let width = 2 * before.max(self.lanes.len());
        let first = Row::new(before).marked(at).text();
        let rest = if parents.is_empty() {
            Row::new(before).without(at)
        } else {
            Row::new(before)
        }
        .text();
        self.join(&mut edges);
        Drawing {
            first: format!("{first:width$}"),
            rest: format!("{rest:width$}"),
            edges,
        }
    }

    /// Joins lanes that wait for the same commit, the right one into the left one.
    fn join(&mut self, edges: &mut Vec<String>) {
        while let Some((left, right)) = self.twins() {
            let lanes = self.lanes.len();
            if right == left + 1 {
                edges.push(
                    Row::new(lanes)
                        .without(right)
                        .shifted_left(right + 1)
                        .with(2 * left + 1, '/')
                        .text(),
                );
            } else {
                let mut over = Row::new(lanes)
                    .without(right)
                    .shifted_left(right + 1)
                    .with(2 * right - 1, '/');
                for lane in left..right - 1 {
                    over = over.with(2 * lane + 1, '_');
                }
                edges.push(over.text());
                edges.push(Row::new(lanes - 1).with(2 * left + 1, '/').text());
            }
            self.lanes.remove(right);
        }
    }

    fn twins(&self) -> Option<(usize, usize)> {
        (1..self.lanes.len()).find_map(|right| {
            let left = self.lanes[..right]
                .iter()
                .position(|lane| *lane == self.lanes[right])?;
            Some((left, right))
        })
    }
}

/// One line of lanes, two characters each.
struct Row(Vec<char>);

impl Row {
    fn new(lanes: usize) -> Self {
        Self(std::iter::repeat_n(['|', ' '], lanes).flatten().collect())
    }

    fn with(mut self, place: usize, sign: char) -> Self {
        if place >= self.0.len() {
            self.0.resize(place + 1, ' ');
        }
        self.0[place] = sign;
        self
    }

    fn marked(self, lane: usize) -> Self {
        self.with(2 * lane, '*')
    }

    fn without(self, lane: usize) -> Self {
        self.with(2 * lane, ' ')
    }

    /// Lanes from this one on move one lane to the left.
    fn shifted_left(mut self, from: usize) -> Self {
        for lane in from..self.0.len() / 2 {
            self = self.with(2 * lane, ' ').with(2 * lane - 1, '/');
        }
        self
    }

    /// A lane grows out of this one; those right of it move one lane to the right.
    fn branching(mut self, lane: usize) -> Self {
        for other in (lane + 1..self.0.len() / 2).rev() {
            self = self.with(2 * other, ' ').with(2 * other + 1, '\\');
        }
        self.with(2 * lane + 1, '\\')
    }

    fn text(self) -> String {
        self.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits as `id:parent,parent`; one line of text each.
    fn check(history: &str, expected: &str) {
        let mut graph = Graph::default();
        let mut drawn = String::new();
        for commit in history.split_whitespace() {
            let (id, parents) = commit.split_once(':').unwrap();
            let parents: Vec<&str> = parents
                .split(',')
                .filter(|parent| !parent.is_empty())
                .collect();
            let drawing = graph.draw(id, &parents);
            drawn.push_str(&format!("{}{id}\n", drawing.first));
            for edge in drawing.edges {
                drawn.push_str(edge.trim_end());
                drawn.push('\n');
            }
        }
        assert_eq!(drawn, expected.trim_start_matches('\n'), "\n{drawn}");
    }

    #[test]
    fn a_line_is_a_lane() {
        check("c:b b:a a:", "\n* c\n* b\n* a\n");
    }

    #[test]
    fn a_merge_opens_a_lane_and_its_base_closes_it() {
        check(
            "m:b,c c:a b:a a:",
            "
*   m
|\\
| * c
* | b
|/
* a
",
        );
    }

    #[test]
    fn a_tip_of_its_own_starts_a_lane() {
        check("b:a x:a a:", "\n* b\n| * x\n|/\n* a\n");
    }

    #[test]
    fn a_distant_lane_is_joined_over_others() {
        check(
            "x:a y:b z:a b:a a:",
            "
* x
| * y
| | * z
|_|/
|/|
| * b
|/
* a
",
        );
    }

    #[test]
    fn roots_end_their_lane() {
        check("b:a x: a:", "\n* b\n| * x\n* a\n");
        check("x: b:a a:", "\n* x\n* b\n* a\n");
    }
}
