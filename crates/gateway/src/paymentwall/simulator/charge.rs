//! Charging: what a charge must say, who is charged, and what the card answers.

use serde_json::Value;

use super::book::{Project, Record};
use super::codes::{self, Refusal};
use super::fields::{Amount, Fields};
use super::payment::{CardFacts, Charge, State, StoredCard, card_word};
use super::queue::Pingback;
use super::tokens::Presented;
use super::{PROVIDER, Paymentwall, Settings, Stop, answers, pingback};
use crate::sandbox::Meddling;
use crate::sandbox::journal::{Deed, Kind};

/// How long a review takes, ms.
const REVIEW_MS: i64 = 2 * 60 * 1000;
/// The limits of a new account, in cents of a dollar.
const LIMITS_CENTS: (i64, i64) = (50, 50_000);

/// What is charged.
pub(super) enum Source {
    /// A token, permanent or for one time.
    Token(String),
    /// A card that was typed into Paymentwall's own widget.
    Card(Presented),
}

/// A charge whose fields are in order.
pub(super) struct Wanted {
    pub(super) source: Source,
    pub(super) letter: char,
    pub(super) plan: String,
    pub(super) uid: String,
    pub(super) email: String,
    pub(super) holder: String,
    pub(super) amount: Amount,
    /// Whether it is to be captured at once.
    pub(super) capture: bool,
    /// Whether a permanent token is wanted.
    pub(super) store: bool,
    pub(super) pingback_url: Option<String>,
}

/// Whether a token is one for a single use.
pub(super) fn is_one_time(token: &str) -> bool {
    token.starts_with("ot_") || token.starts_with("o_")
}

/// What becomes of a card that was found.
struct Decided {
    facts: CardFacts,
    token: Option<String>,
    /// Whether the token is new.
    new: bool,
    /// Whether the charge goes into review, and how that will end.
    review: Option<bool>,
}

/// A charge that is about to be written down.
struct Held {
    charge: Charge,
    new_card: Option<(String, StoredCard)>,
}

fn read(fields: &Fields, settings: &Settings) -> Result<Wanted, Refusal> {
    if fields.is_empty() {
        return Err(Refusal::new(codes::EMPTY));
    }
    let token = fields.required("token")?;
    let email = fields.required("email")?;
    let amount = fields.amount("amount", "currency")?;
    fields.required("description")?;
    let plan = fields.required("plan")?;
    let mut names = vec![];
    for name in ["customer[firstname]", "customer[lastname]"] {
        let told = match settings.requires_names {
            true => fields.required(name)?,
            false => fields.text(name),
        };
        names.push(told);
    }
    if is_one_time(token) && fields.text("fingerprint").is_empty() {
        fields.required("browser_ip")?;
        fields.required("browser_domain")?;
    }
    let uid = match fields.text("uid") {
        "" => email,
        uid => uid,
    };
    Ok(Wanted {
        source: Source::Token(token.to_owned()),
        letter: 'b',
        plan: plan.to_owned(),
        uid: uid.to_owned(),
        email: email.to_owned(),
        holder: names.join(" ").trim().to_owned(),
        amount,
        capture: fields.text("options[capture]") != "0",
        store: fields.text("store_card") != "0",
        pingback_url: None,
    })
}

/// Holds an amount against the limits of a new account.
fn check_limits(amount: &Amount, settings: &Settings) -> Result<(), Refusal> {
    let cents = match amount.currency.as_str() {
        "USD" => amount.minor,
        "KRW" => amount.minor * 100 / settings.won_per_dollar,
        _ => return Ok(()),
    };
    let (smallest, largest) = LIMITS_CENTS;
    match cents {
        _ if !settings.amount_limits => Ok(()),
        cents if cents < smallest => Err(Refusal::new(codes::TOO_SMALL)),
        cents if cents > largest => Err(Refusal::new(codes::TOO_LARGE)),
        _ => Ok(()),
    }
}

impl Paymentwall {
    /// Charges a token.
    pub(super) async fn charge(
        &self,
        project: &Project,
        fields: &Fields,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        let wanted = read(fields, &self.settings)?;
        if let Some(code) = meddling.decline(codes::DECLINED) {
            return Err(Refusal::new(&code).into());
        }
        let charge = self.take(project, wanted).await?;
        let told = meddling.told_amount(charge.amount.minor);
        Ok(answers::charge(&charge, told, &self.world))
    }

    /// Charges a card, writes it down, and queues what the merchant is told of it.
    pub(super) async fn take(&self, project: &Project, wanted: Wanted) -> Result<Charge, Stop> {
        let Held { charge, new_card } = self.hold(project, wanted)?;
        match self.write(&charge, new_card).await {
            Ok(pingbacks) => {
                self.book().add_charge(charge.clone(), pingbacks);
                Ok(charge)
            }
            Err(error) => {
                let Charge { plan, id, .. } = &charge;
                self.book().release(&project.key, plan, id);
                Err(error.into())
            }
        }
    }

    /// Decides a charge and holds its order number from here on.
    fn hold(&self, project: &Project, wanted: Wanted) -> Result<Held, Refusal> {
        check_limits(&wanted.amount, &self.settings)?;
        let mut book = self.book();
        let again = !book.charges_of(&project.key, &wanted.plan).is_empty();
        if again && self.settings.refuses_duplicates {
            return Err(Refusal::of(codes::DUPLICATE, "plan"));
        }
        let decided = match &wanted.source {
            Source::Card(presented) => self.decide_first(presented, wanted.store)?,
            Source::Token(token) if is_one_time(token) => {
                self.decide_first(&self.use_up(token, &project.key)?, wanted.store)?
            }
            Source::Token(token) => {
                let card = book.card(token).filter(|card| card.project == project.key);
                let card = card.ok_or(Refusal::new(codes::NO_TOKEN))?;
                decide_stored(token, card, &wanted.email)?
            }
        };
        let now_ms = self.world.now_ms();
        let state = match decided.review {
            Some(accept) => State::Review {
                due_ms: now_ms + REVIEW_MS,
                accept,
                capture: wanted.capture,
            },
            None if wanted.capture => State::Captured,
            None => State::Held,
        };
        let id = book.new_number(|| self.world.random());
        book.reserve(&project.key, &wanted.plan, &id);
        let new_card = decided.token.clone().filter(|_| decided.new).map(|token| {
            let card = StoredCard {
                project: project.key.clone(),
                email: wanted.email.clone(),
                plan: wanted.plan.clone(),
                facts: decided.facts.clone(),
                deleted: false,
            };
            (token, card)
        });
        let charge = Charge {
            id,
            letter: wanted.letter,
            project: project.key.clone(),
            plan: wanted.plan,
            uid: wanted.uid,
            holder: wanted.holder,
            amount: wanted.amount,
            facts: decided.facts,
            token: decided.token,
            at: now_ms.div_euclid(1000),
            state,
            pingback_url: wanted.pingback_url,
            given_back: 0,
            promised: 0,
        };
        Ok(Held { charge, new_card })
    }

    /// What becomes of a card that is charged for the first time.
    fn decide_first(&self, presented: &Presented, store: bool) -> Result<Decided, Refusal> {
        let review = presented.first_word()?;
        Ok(Decided {
            facts: presented.facts.clone(),
            token: store.then(|| self.world.random_hex()),
            new: store,
            review,
        })
    }

    /// Writes a charge down, its new card first: after a kill in between there is a card too much and no money. Returns the
    /// pingbacks to queue.
    async fn write(
        &self,
        charge: &Charge,
        new_card: Option<(String, StoredCard)>,
    ) -> std::io::Result<Vec<Pingback>> {
        let at_ms = self.world.now_ms();
        if let Some((token, card)) = new_card {
            let deed = Deed {
                pg_tid: Some(charge.id.clone()),
                key: Some(token.clone()),
                ..Deed::new(Kind::KeyIssued, &charge.plan, at_ms)
            };
            let record = Record::Card(card.clone());
            self.world
                .append(PROVIDER, Some(deed), Some(&record))
                .await?;
            self.book().add_card(&token, card);
        }
        let pingbacks = match charge.state {
            State::Captured => self.pingbacks_of(charge, pingback::PAID, &[]),
            State::Review { .. } => self.pingbacks_of(charge, pingback::IN_REVIEW, &[]),
            _ => vec![],
        };
        let deed = (charge.state == State::Captured).then(|| charge.approval(at_ms));
        let record = Record::Charge {
            charge: charge.clone(),
            pingbacks: pingbacks.clone(),
        };
        self.world.append(PROVIDER, deed, Some(&record)).await?;
        Ok(pingbacks)
    }
}

/// What becomes of a stored card.
fn decide_stored(token: &str, card: &StoredCard, email: &str) -> Result<Decided, Refusal> {
    if card.deleted {
        return Err(Refusal::new(codes::DELETED_TOKEN));
    }
    if card.email != email {
        return Err(Refusal::new(codes::DECLINED));
    }
    card_word(card.facts.card)?;
    Ok(Decided {
        facts: card.facts.clone(),
        token: Some(token.to_owned()),
        new: false,
        review: None,
    })
}
