//! The rule about `$n`, checked while compiling.

/// Declares the statements of a file, each as a `&'static str` constant, and `STATEMENTS`, the list
/// of them all that the tests go through.
///
/// A statement whose `$1`..`$n` do not first appear in ascending order does not compile: SQLite
/// numbers them by first appearance and would bind the wrong values.
///
/// Both engines get the same text. The rare statement that cannot be the same is declared twice, as
/// `NAME_SQLITE` and `NAME_POSTGRES`, and each is checked on its own engine only.
///
/// ```
/// dangol_store::statements! {
///     /// One payment by its id.
///     pub FIND = "SELECT state FROM payment WHERE merchant = $1 AND imp_uid = $2";
/// }
/// assert_eq!(STATEMENTS[0].0, "FIND");
/// ```
///
/// ```compile_fail
/// dangol_store::statements! {
///     FIND = "SELECT state FROM payment WHERE merchant = $2 AND imp_uid = $1";
/// }
/// ```
#[macro_export]
macro_rules! statements {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $sql:expr;)*) => {
        $($(#[$meta])* $vis const $name: &str = $crate::checked($sql);)*

        /// Every statement of this file, by name.
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// Gives `sql` back, or fails the compilation when its placeholders are out of order.
pub const fn checked(sql: &'static str) -> &'static str {
    assert!(
        in_order(sql.as_bytes()),
        "the first appearances of $1..$n must be in ascending order, without a gap"
    );
    sql
}

/// Whether `$1`..`$n` first appear in ascending order. Quoted texts and comments do not count.
const fn in_order(sql: &[u8]) -> bool {
    let mut highest = 0;
    let mut i = 0;
    while i < sql.len() {
        match sql[i] {
            b'\'' => i = skip_to(sql, i + 1, b'\''),
            b'-' if i + 1 < sql.len() && sql[i + 1] == b'-' => i = skip_to(sql, i, b'\n'),
            b'$' => {
                let (number, end) = number_at(sql, i + 1);
                if number == 0 || number > highest + 1 {
                    return false;
                }
                if number > highest {
                    highest = number;
                }
                i = end;
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    true
}

/// The index of the next `end` at or after `i`, or the end of the text.
const fn skip_to(sql: &[u8], mut i: usize, end: u8) -> usize {
    while i < sql.len() && sql[i] != end {
        i += 1;
    }
    i
}

/// The decimal number at `i` (0 where there is none) and the index after it.
const fn number_at(sql: &[u8], mut i: usize) -> (usize, usize) {
    let mut number = 0;
    while i < sql.len() && sql[i].is_ascii_digit() {
        number = number * 10 + (sql[i] - b'0') as usize;
        i += 1;
    }
    (number, i)
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn first_appearances_ascend() {
        for good in [
            "",
            "SELECT 1",
            "SELECT $1, $2, $1, $3",
            "SELECT '$9', $1 -- $7\n, $2",
            "SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11 - -$12",
        ] {
            assert!(in_order(good.as_bytes()), "{good}");
        }
        for bad in ["$2", "$1 $3", "$2 $1", "$0", "$", "'it''s' $1 $3"] {
            assert!(!in_order(bad.as_bytes()), "{bad}");
        }
    }
}
