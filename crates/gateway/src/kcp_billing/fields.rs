//! What KCP's fields can hold: their lengths are bytes, and some letters are refused.

/// Letters that KCP refuses in an order's name (seen in integrations, not in its documents).
const REFUSED: &[char] = &[',', '&', ';', '\\', '|', '\'', '"', '<', '>'];

/// Longest order name in bytes.
const GOOD_NAME_BYTES_MAX: usize = 100;
/// Longest buyer name in bytes.
const BUYER_NAME_BYTES_MAX: usize = 40;
/// Longest e-mail address in bytes.
const MAIL_BYTES_MAX: usize = 100;
/// Longest telephone number in bytes.
const TEL_BYTES_MAX: usize = 20;
/// Longest reason of a cancel in bytes.
const REASON_BYTES_MAX: usize = 100;

/// An order's name, never empty.
pub fn good_name(text: &str) -> String {
    let name = fit(text, GOOD_NAME_BYTES_MAX);
    if name.is_empty() {
        "정기결제".to_owned()
    } else {
        name
    }
}

/// A buyer's name.
pub fn buyer_name(text: Option<&str>) -> String {
    fit(text.unwrap_or_default(), BUYER_NAME_BYTES_MAX)
}

/// A shop's name, with the same limits as an order's.
pub fn shop_name(text: &str) -> String {
    fit(text, GOOD_NAME_BYTES_MAX)
}

/// Why a cancel is asked for, never empty.
pub fn reason(text: &str) -> String {
    let reason = fit(text, REASON_BYTES_MAX);
    if reason.is_empty() {
        "가맹점 요청".to_owned()
    } else {
        reason
    }
}

/// An e-mail address; left out when it does not fit, because a shortened one is another's.
pub fn mail(text: Option<&str>) -> String {
    whole(text, MAIL_BYTES_MAX)
}

/// A telephone number; left out when it does not fit.
pub fn tel(text: Option<&str>) -> String {
    whole(text, TEL_BYTES_MAX)
}

/// Replaces letters that KCP refuses by spaces and shortens to `bytes_max` between letters.
fn fit(text: &str, bytes_max: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| {
            if c.is_control() || REFUSED.contains(&c) {
                ' '
            } else {
                c
            }
        })
        .collect();
    let clean = clean.trim();
    clean[..clean.floor_char_boundary(bytes_max)]
        .trim_end()
        .to_owned()
}

fn whole(text: Option<&str>, bytes_max: usize) -> String {
    let text = text.unwrap_or_default().trim();
    let fits = text.len() <= bytes_max && !text.chars().any(char::is_control);
    if fits { text.to_owned() } else { String::new() }
}

/// A text of the PG as people may see it: one line, at most 200 letters, and no run of digits that
/// could be a card number or a billing key.
pub fn said(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        let goes_on = c.is_ascii_digit() || (!run.is_empty() && matches!(c, '-' | ' '));
        if goes_on {
            run.push(c);
        } else {
            end_run(&mut shown, &mut run);
            shown.push(c);
        }
    }
    end_run(&mut shown, &mut run);
    shown.trim().chars().take(200).collect()
}

/// Runs of 12 digits and more are hidden: no code or amount is that long.
fn end_run(shown: &mut String, run: &mut String) {
    if run.chars().filter(char::is_ascii_digit).count() < 12 {
        shown.push_str(run);
    } else {
        shown.push_str("**** ");
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn korean_is_cut_between_letters() {
        let name = good_name(&"가".repeat(40));
        assert_eq!(name, "가".repeat(33), "33 letters of 3 bytes fit 100 bytes");
        assert_eq!(buyer_name(Some(&"가".repeat(40))).len(), 39);
    }

    #[test]
    fn refused_letters_become_spaces_and_nothing_becomes_empty() {
        assert_eq!(good_name("A,B&C;D\n<script>"), "A B C D  script");
        assert_eq!(good_name("<>"), "정기결제");
        assert_eq!(reason("  "), "가맹점 요청");
    }

    #[test]
    fn an_address_is_whole_or_absent() {
        assert_eq!(mail(Some("a@example.com")), "a@example.com");
        assert_eq!(mail(Some(&format!("{}@example.com", "a".repeat(100)))), "");
        assert_eq!(tel(Some("010-1234-5678\r\nX: y")), "");
    }

    #[test]
    fn a_number_in_a_text_is_hidden() {
        assert_eq!(
            said("카드 4242-4242 4242-4242 거절 8041\r\n"),
            "카드 **** 거절 8041"
        );
        assert_eq!(
            said("2611190936001234"),
            "****",
            "a billing key is 16 digits"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_longer_or_stranger_than_allowed(text in "\\PC{0,80}|[,&;\\n|'\"<>가a]{0,120}") {
            let name = good_name(&text);
            prop_assert!(!name.is_empty() && name.len() <= GOOD_NAME_BYTES_MAX);
            prop_assert!(!name.contains(REFUSED) && !name.chars().any(char::is_control));
        }
    }
}
