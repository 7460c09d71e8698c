//! What PAYCO's fields can hold. It documents few lengths; where it does not, these are ours.

/// Longest reference key, order number or window token, in bytes.
pub const REFERENCE_BYTES_MAX: usize = 100;
/// Longest return URL in bytes.
pub const RETURN_URL_BYTES_MAX: usize = 1000;
/// Longest title in letters.
const TITLE_CHARS_MAX: usize = 100;

/// An order's title, never empty.
pub fn title(text: &str) -> String {
    or(fit(text), "정기결제")
}

/// Why a cancel is asked for, never empty.
pub fn reason(text: &str) -> String {
    or(fit(text), "가맹점 요청")
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() {
        otherwise.to_owned()
    } else {
        text
    }
}

fn fit(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let short: String = line.trim().chars().take(TITLE_CHARS_MAX).collect();
    short.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(title(" 월간\n플랜 & 하나 "), "월간 플랜 & 하나");
        assert_eq!(title(&"가".repeat(101)), "가".repeat(100));
        assert_eq!(
            (title("\r\n"), reason("")),
            ("정기결제".to_owned(), "가맹점 요청".to_owned())
        );
    }
}
