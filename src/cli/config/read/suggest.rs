//! The nearest known word to a misspelt one.

/// The candidate nearest to `word` (Damerau-Levenshtein, case ignored), if it is near enough to be meant.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
            (distance, candidate)
        })
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, candidate)| distance * 5 <= candidate.len().max(word.len()) * 2)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        let names = ["temperature_kelvin", "replicas", "seed"];
        assert_eq!(nearest("temperature", names), Some("temperature_kelvin"));
        assert_eq!(nearest("Replica", names), Some("replicas"));
        assert_eq!(nearest("banana", names), None);
    }
}
