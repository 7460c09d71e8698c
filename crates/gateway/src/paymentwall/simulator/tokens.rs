//! One-time tokens: a card, told to Paymentwall by a browser or by a merchant who may see cards.

use serde_json::{Value, json};

use super::codes::{self, Refusal};
use super::fields::Fields;
use super::payment::CardFacts;
use super::shelf::Shelf;
use super::{Paymentwall, Stop};
use crate::sandbox::cards::{self, TestCard, Typed};
use crate::sandbox::korea;

/// How long a token holds, ms.
const LIFE_MS: i64 = 300 * 1000;
/// How long the answer says that it holds, seconds: a little less.
const TOLD_LIFE_S: u32 = 290;

/// What a CVV does, as Paymentwall documents for its test cards. The CVV itself is forgotten here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cvv {
    /// Nothing.
    Plain,
    /// 111: it is wrong.
    Wrong,
    /// 222: the balance.
    NoBalance,
    /// 333: the bank must approve.
    AskIssuer,
    /// 555 and 556: under review, then accepted or not.
    Review {
        /// Whether it will be accepted.
        accept: bool,
    },
}

/// A card as a buyer presents it.
#[derive(Clone)]
pub struct Presented {
    /// The card.
    pub facts: CardFacts,
    /// What its CVV does.
    pub cvv: Cvv,
}

/// What is wrong with a presented card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistake {
    /// The number is none.
    CardNumber,
    /// The expiry is none, or past.
    Expiry,
    /// The CVV is none.
    Cvc,
}

/// A token that can be used once.
pub struct OneTime {
    project: String,
    presented: Presented,
    since_ms: i64,
    used: bool,
}

/// One-time tokens. They live in memory.
pub type Tokens = Shelf<OneTime>;

impl Presented {
    /// Reads what was typed. `Ok(None)` for a card that is no test card; it is kept nowhere.
    ///
    /// # Errors
    /// What is wrong, all of it.
    pub fn read(
        number: &str,
        (month, year): (&str, &str),
        cvv: &str,
        now_ms: i64,
    ) -> Result<Option<Presented>, Vec<Mistake>> {
        let typed = cards::read(number);
        let expiry = expiry(month, year, now_ms);
        let cvv = read_cvv(cvv);
        match (typed, expiry, cvv) {
            (Typed::Test(card), Some((month, year)), Some(cvv)) => Ok(Some(Presented {
                facts: CardFacts { card, month, year },
                cvv,
            })),
            (Typed::OtherCard, Some(_), Some(_)) => Ok(None),
            _ => {
                let found = [
                    (typed == Typed::Nonsense, Mistake::CardNumber),
                    (expiry.is_none(), Mistake::Expiry),
                    (cvv.is_none(), Mistake::Cvc),
                ];
                let wrong = found.into_iter().filter(|(wrong, _)| *wrong);
                Err(wrong.map(|(_, mistake)| mistake).collect())
            }
        }
    }

    /// What the issuer says when it is charged for the first time; whether it is reviewed, and with which end.
    ///
    /// # Errors
    /// When it declines.
    pub fn first_word(&self) -> Result<Option<bool>, Refusal> {
        match self.cvv {
            _ if self.facts.card == TestCard::RefusedAtIssue => Err(Refusal::new(codes::DECLINED)),
            Cvv::Wrong => Err(Refusal::new(codes::WRONG_CVV)),
            Cvv::NoBalance => Err(Refusal::new(codes::NO_BALANCE)),
            Cvv::AskIssuer => Err(Refusal::new(codes::ASK_ISSUER)),
            Cvv::Review { accept } => Ok(Some(accept)),
            Cvv::Plain => Ok(None),
        }
    }
}

/// A month and a year of four digits or two that are not past.
fn expiry(month: &str, year: &str, now_ms: i64) -> Option<(u8, i32)> {
    let number = |text: &str| -> Option<i32> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|_| digits && text.len() <= 4)
    };
    let month = number(month).and_then(|month| u8::try_from(month).ok())?;
    let year = match (year.len(), number(year)?) {
        (2, year) => 2000 + year,
        (4, year) => year,
        _ => return None,
    };
    let ahead = (1..=12).contains(&month) && (year, month) >= korea::year_month(now_ms);
    ahead.then_some((month, year))
}

fn read_cvv(typed: &str) -> Option<Cvv> {
    let good = matches!(typed.len(), 3 | 4) && typed.bytes().all(|b| b.is_ascii_digit());
    good.then_some(match typed {
        "111" => Cvv::Wrong,
        "222" => Cvv::NoBalance,
        "333" => Cvv::AskIssuer,
        "555" => Cvv::Review { accept: true },
        "556" => Cvv::Review { accept: false },
        _ => Cvv::Plain,
    })
}

impl Mistake {
    fn code(self) -> &'static str {
        match self {
            Mistake::CardNumber => codes::CARD_NUMBER,
            Mistake::Expiry => codes::CARD_EXPIRY,
            Mistake::Cvc => codes::CARD_CVV,
        }
    }
}

impl Paymentwall {
    /// Makes a one-time token from the fields of a card.
    pub(super) fn tokenise(&self, fields: &Fields) -> Result<Value, Stop> {
        let public = fields.required("public_key")?;
        let known = self
            .book()
            .project(|project| project.public == public)
            .cloned();
        let project = known.ok_or(Refusal::new(codes::WRONG_PUBLIC_KEY))?;
        let number = fields.required("card[number]")?;
        let expiry = (
            fields.required("card[exp_month]")?,
            fields.required("card[exp_year]")?,
        );
        let cvv = fields.required("card[cvv]")?;
        let presented = Presented::read(number, expiry, cvv, self.world.now_ms());
        let presented = presented
            .map_err(|mistakes| Refusal::new(mistakes[0].code()))?
            .ok_or(Refusal::new(codes::TEST_CARDS_ONLY))?;
        let CardFacts { card, month, year } = presented.facts;
        let token = self.new_token(&project.key, presented);
        let (head, tail) = card.eight_and_four();
        Ok(json!({
            "type": "token",
            "token": token,
            "expires_in": TOLD_LIFE_S,
            "active": 1,
            "card": {
                "type": "Visa",
                "last4": tail,
                "bin": &head[..6],
                "exp_month": format!("{month:02}"),
                "exp_year": year.to_string(),
            },
        }))
    }

    /// A new one-time token of a project.
    pub(super) fn new_token(&self, project: &str, presented: Presented) -> String {
        let token = format!("ot_{}", self.world.random_hex());
        let one_time = OneTime {
            project: project.to_owned(),
            presented,
            since_ms: self.world.now_ms(),
            used: false,
        };
        self.tokens.lock().put(&token, one_time);
        token
    }

    /// Uses a one-time token up.
    ///
    /// # Errors
    /// When there is none, or it is another project's, or was used, or is too old.
    pub(super) fn use_up(&self, token: &str, project: &str) -> Result<Presented, Refusal> {
        let spent = || Refusal::new(codes::SPENT_TOKEN);
        let now_ms = self.world.now_ms();
        let mut tokens = self.tokens.lock();
        let found = tokens.get(token).filter(|found| found.project == project);
        let found = found.ok_or_else(spent)?;
        if found.used || now_ms - found.since_ms > LIFE_MS {
            return Err(spent());
        }
        found.used = true;
        Ok(found.presented.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-19T09:36:00+09:00
    const NOW_MS: i64 = 1_795_048_560_000;

    #[test]
    fn every_mistake_is_found() {
        let read = |number, month, year, cvv| {
            Presented::read(number, (month, year), cvv, NOW_MS)
                .map(|presented| presented.map(|presented| presented.cvv))
        };
        let good = "4242 4242 4242 4242";
        assert_eq!(read(good, "11", "2026", "123"), Ok(Some(Cvv::Plain)));
        assert_eq!(read(good, "1", "27", "1234"), Ok(Some(Cvv::Plain)));
        assert_eq!(
            read(good, "12", "2026", "556"),
            Ok(Some(Cvv::Review { accept: false }))
        );
        assert_eq!(read("4111111111111111", "12", "2026", "123"), Ok(None));
        let wrong = [
            (read("4242", "12", "2026", "123"), vec![Mistake::CardNumber]),
            (read(good, "10", "2026", "123"), vec![Mistake::Expiry]),
            (read(good, "13", "2026", "123"), vec![Mistake::Expiry]),
            (read(good, "+1", "2027", "123"), vec![Mistake::Expiry]),
            (read(good, "12", "202", "123"), vec![Mistake::Expiry]),
            (read(good, "12", "2026", "12"), vec![Mistake::Cvc]),
            (read(good, "12", "2026", "12a"), vec![Mistake::Cvc]),
            (
                read("x", "", "", ""),
                vec![Mistake::CardNumber, Mistake::Expiry, Mistake::Cvc],
            ),
        ];
        for (read, mistakes) in wrong {
            assert_eq!(read, Err(mistakes));
        }
    }
}
