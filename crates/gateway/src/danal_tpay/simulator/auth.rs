//! `AUTH`: a merchant's server opens a window.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::{Date, Month};

use super::api::Asked;
use super::codes::{self, Refusal};
use super::fields::{AMOUNT_DIGITS, Fields};
use super::pairs::Pairs;
use super::window::Opened;
use super::{Danal, PROVIDER};
use crate::sandbox::Meddling;

/// The least that can be charged with an issue.
const FIRST_AMOUNT_MIN: i64 = 100;

impl Danal {
    /// Opens a window and says where it is.
    pub(super) fn authorize(&self, asked: &Asked, meddling: &Meddling) -> Result<Pairs, Refusal> {
        if let Some(code) = meddling.decline(codes::NOT_ALLOWED) {
            return Err(Refusal::new(&code));
        }
        let opened = read(asked)?;
        let now_ms = self.world.now_ms();
        let tid = {
            let mut book = self.book();
            self.check_unused(&book, &opened.cpid, opened.order_id.as_deref())?;
            book.new_tid(now_ms, || self.world.random())
        };
        let token = self.start_params();
        let mut pairs = Pairs::done();
        pairs.put("TID", &tid);
        pairs.put("ORDERID", opened.order_id.as_deref().unwrap_or_default());
        if let Some(amount) = opened.amount {
            pairs.put("AMOUNT", &meddling.told_amount(amount).to_string());
        }
        let start_url = format!("{}/window/start", self.world.url(PROVIDER));
        pairs.put("STARTURL", &start_url);
        pairs.put("STARTPARAMS", &token);
        self.windows.put(&tid, &token, opened, now_ms);
        Ok(pairs)
    }

    /// A window's one secret: nobody may guess it. It has all letters of Base64, so that whoever hands it on must encode.
    fn start_params(&self) -> String {
        let mut bytes = [0; 48];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.world.random().to_le_bytes());
        }
        STANDARD.encode(bytes)
    }
}

fn read(asked: &Asked) -> Result<Opened, Refusal> {
    let fields = &asked.fields;
    let text = |name, octets_max| fields.optional(name, octets_max).map(str::to_owned);
    let is_bill = fields.flag("ISBILL")?;
    let amount = amount(fields, is_bill)?;
    let currency = fields.currency()?;
    let is_noti = fields.flag("ISNOTI")?;
    let notice_url = match is_noti {
        true => Some(fields.url("NOTIURL")?.to_owned()),
        false => None,
    };
    let devices = ["PC", "MW", "MA", "MI"].map(|device| (device, ()));
    fields.one_of("USERAGENT", &devices)?;
    check_unshown(fields)?;
    let hides_amount = match fields.get("DISABLEAMOUNTUI") {
        None => true,
        Some(_) => fields.flag("DISABLEAMOUNTUI")?,
    };
    Ok(Opened {
        cpid: asked.cpid.clone(),
        crypto_key: asked.key,
        order_id: Some(text("ORDERID", 255)?).filter(|id| !id.is_empty()),
        item_name: fields.required("ITEMNAME", 255)?.to_owned(),
        amount,
        currency,
        is_bill,
        shows_amount: is_bill || !hides_amount,
        period: period(fields)?,
        notice_url,
        user_id: fields.required("USERID", 128)?.to_owned(),
        user_name: text("USERNAME", 20)?,
        user_phone: text("USERPHONE", 20)?,
        bypass: text("BYPASSVALUE", 255)?,
        return_url: fields.url("RETURNURL")?.to_owned(),
        cancel_url: fields.url("CANCELURL")?.to_owned(),
    })
}

/// `AMOUNT`, which a key without a first payment does not need.
fn amount(fields: &Fields, is_bill: bool) -> Result<Option<i64>, Refusal> {
    if !is_bill {
        return fields.maybe_amount(AMOUNT_DIGITS);
    }
    match fields.amount(AMOUNT_DIGITS)? {
        amount if amount < FIRST_AMOUNT_MIN => Err(Refusal::of(codes::TOO_LITTLE, "AMOUNT")),
        amount => Ok(Some(amount)),
    }
}

/// Fields that neither the window nor a later answer shows.
fn check_unshown(fields: &Fields) -> Result<(), Refusal> {
    fields.optional("SUBCPID", 64)?;
    fields.optional("USEREMAIL", 128)?;
    fields.optional("CARDAUTH", 10)?;
    if fields.get("CARDAUTHTYPE").is_some() {
        fields.one_of("CARDAUTHTYPE", &[("0", ()), ("1", ())])?;
    }
    Ok(())
}

/// `OFFERPERIOD` as the window shows it: two days, or two days with hour and minute.
fn period(fields: &Fields) -> Result<Option<String>, Refusal> {
    let sent = fields.optional("OFFERPERIOD", 24)?;
    if sent.is_empty() {
        return Ok(None);
    }
    let wrong = Refusal::field("OFFERPERIOD");
    if !sent.bytes().all(|b| b.is_ascii_digit()) || !matches!(sent.len(), 16 | 24) {
        return Err(wrong);
    }
    let (from, to) = sent.split_at(sent.len() / 2);
    match moment(from).zip(moment(to)) {
        Some((from, to)) => Ok(Some(format!("{from} ~ {to}"))),
        None => Err(wrong),
    }
}

/// `YYYYMMDD` or `YYYYMMDDHHmm` for people; `None` when there is no such moment. `digits` has no other length.
fn moment(digits: &str) -> Option<String> {
    let (day, clock) = digits.split_at(8);
    let number = |text: &str| text.parse::<u8>().ok();
    let month = Month::try_from(number(&day[4..6])?).ok()?;
    let date = Date::from_calendar_date(day[..4].parse().ok()?, month, number(&day[6..])?).ok()?;
    if clock.is_empty() {
        return Some(date.to_string());
    }
    let (hour, minute) = clock.split_at(2);
    let in_a_day = number(hour)? < 24 && number(minute)? < 60;
    in_a_day.then(|| format!("{date} {hour}:{minute}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_two_days_or_two_moments() {
        let of = |sent: &str| period(&Fields::read(&format!("OFFERPERIOD={sent}")).unwrap());
        let shown = |sent: &str| of(sent).unwrap().unwrap();
        assert_eq!(shown("2026111920271118"), "2026-11-19 ~ 2027-11-18");
        assert_eq!(
            shown("202611190930202711182359"),
            "2026-11-19 09:30 ~ 2027-11-18 23:59"
        );
        assert_eq!(of(""), Ok(None));
        for wrong in [
            "20261119",
            "2026111920271332",
            "2026113120271118",
            "2026-11-19~2027",
            "202611192400202711182359",
            "20261119202711180",
        ] {
            assert_eq!(of(wrong), Err(Refusal::field("OFFERPERIOD")), "{wrong}");
        }
    }
}
