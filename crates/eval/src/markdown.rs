//! Tables in Markdown.

use std::fmt::Write as _;

use crate::stats::Rate;

/// A table with a header; cells hold no `|`.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "| {} |", header.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(header.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push('\n');
    text
}

/// `2.46 % (2.14-2.82), 199 of 8101`.
pub(crate) fn rate(rate: &Rate) -> String {
    let Rate { count, total, percent, low_percent, high_percent } = rate;
    // Rates of a millionth need more digits than rates of a hundredth.
    let decimals = if *percent >= 0.05 || *count == 0 && *high_percent >= 0.05 { 2 } else { 5 };
    format!("{percent:.decimals$} % ({low_percent:.decimals$}-{high_percent:.decimals$}), {count} of {total}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rates_keep_their_digits() {
        assert_eq!(rate(&Rate::new(1, 4)), "25.00 % (4.56-69.94), 1 of 4");
        assert_eq!(rate(&Rate::new(10, 10_000_000)), "0.00010 % (0.00005-0.00018), 10 of 10000000");
    }

    #[test]
    fn rows_follow_the_header() {
        assert_eq!(table(&["a", "b"], &[vec!["1".into(), "2".into()]]), "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n");
    }
}
