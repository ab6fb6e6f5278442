//! "Did you mean": the nearest of some words. Knows nothing of rules.

/// The candidate nearest to `word`, ignoring ASCII case: at most one slip in three letters. `None` when none is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word
        .chars()
        .take(WORD_CHARS_MAX)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let slips_max = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(slips, candidate)| *slips <= slips_max && *slips < candidate.chars().count())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// Longer words are compared by their beginning: the table below is quadratic.
const WORD_CHARS_MAX: usize = 64;

/// How many letters must be changed, put in, taken out or swapped with their neighbour.
fn distance(word: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate
        .chars()
        .take(WORD_CHARS_MAX)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut slips = (last[j] + usize::from(a != b))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *a == other[j - 1] && word[i - 1] == *b;
            if swapped {
                slips = slips.min(before[j - 1] + 1);
            }
            row.push(slips);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_swaps_but_not_other_words() {
        let words = ["email", "user_id", "phone", "last_seen"];
        assert_eq!(nearest("emial", words), Some("email"));
        assert_eq!(nearest("E-Mail", words), Some("email"));
        assert_eq!(nearest("last_seem", words), Some("last_seen"));
        assert_eq!(nearest("banana", words), None);
        assert_eq!(nearest("", words), None);
        assert_eq!(nearest(&"x".repeat(100_000), words), None);
    }
}
