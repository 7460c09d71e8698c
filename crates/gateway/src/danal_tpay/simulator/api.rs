//! The routes. Merchants' servers know one: what they want stands in the encrypted `TXTYPE`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::codes::{self, Refusal};
use super::fields::{AMOUNT_DIGITS, Fields};
use super::pairs::{CryptoKey, Pairs};
use super::{Danal, PLAIN, PROVIDER, Stop, WITH_AMOUNT, window};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::form::Form;
use crate::sandbox::{Incoming, Meddling};

/// What a merchant's server asks for: `TXTYPE`.
#[derive(Clone, Copy)]
enum Call {
    Auth,
    IssueBillKey,
    OtBill,
    Cancel,
    DelBillKey,
}

impl Call {
    fn parse(name: &str) -> Option<Call> {
        match name {
            "AUTH" => Some(Call::Auth),
            "ISSUEBILLKEY" => Some(Call::IssueBillKey),
            "OTBILL" => Some(Call::OtBill),
            "CANCEL" => Some(Call::Cancel),
            "DELBILLKEY" => Some(Call::DelBillKey),
            _ => None,
        }
    }

    fn operation(self) -> Operation {
        match self {
            Call::Auth => Operation::OpenWindow,
            Call::IssueBillKey => Operation::IssueKey,
            Call::OtBill => Operation::Charge,
            Call::Cancel => Operation::Cancel,
            Call::DelBillKey => Operation::Revoke,
        }
    }

    /// The `SERVICETYPE` that goes with it. Cancels are those of all card payments.
    fn service(self) -> &'static str {
        match self {
            Call::Cancel => "DANALCARD",
            _ => "BATCH",
        }
    }
}

/// A call that could be read.
pub(super) struct Asked {
    /// Whose.
    pub(super) cpid: String,
    /// Under which its answer is encrypted.
    pub(super) key: CryptoKey,
    pub(super) fields: Fields,
}

/// All routes.
pub(super) fn routes(danal: Arc<Danal>) -> Router {
    Router::new()
        .route("/credit/", post(credit))
        .route("/window/start", post(window::start))
        .route("/window/step", post(window::step))
        .route("/window/assets/{name}", get(window::asset))
        .with_state(danal)
}

async fn credit(State(danal): State<Arc<Danal>>, body: Bytes) -> Response {
    danal.serve(&body).await
}

impl Danal {
    async fn serve(&self, body: &[u8]) -> Response {
        let (asked, call) = match self.read(body) {
            Ok(asked) => {
                let call = asked.fields.get("TXTYPE").and_then(Call::parse);
                (Ok(asked), call)
            }
            Err(refusal) => (Err(refusal), None),
        };
        // What cannot be read, or asks for what there is not, is written down as the one thing that changes nothing.
        let operation = call.map_or(Operation::Inquire, Call::operation);
        let about = asked.as_ref().ok().zip(call);
        let order_id = about.and_then(|(asked, call)| self.order_of(call, asked));
        let amount = asked.as_ref().ok().and_then(|asked| {
            let sent = asked.fields.maybe_amount(AMOUNT_DIGITS);
            sent.ok().flatten()
        });
        let incoming = Incoming {
            pg: PROVIDER,
            operation,
            order_id: order_id.as_deref(),
            amount,
            able: about.map_or(&[], |(asked, call)| self.able(call, asked)),
        };
        let meddling = match self.world.receive(incoming).await {
            Ok(meddling) => meddling,
            Err(answer) => return answer,
        };
        let asked = match asked {
            Ok(asked) => asked,
            // Nobody is known to whom it could be encrypted, or nobody who could read it.
            Err(refusal) => return meddling.finish(said(refused(&refusal).text())),
        };
        let result = match call {
            Some(call) => self.carry_out(call, &asked, &meddling).await,
            None => Err(Refusal::field("TXTYPE").into()),
        };
        self.answer(&asked.key, result, meddling)
    }

    /// Reads a body: whose it is, and what it says.
    fn read(&self, body: &[u8]) -> Result<Asked, Refusal> {
        let envelope = Form::read(body, encoding_rs::EUC_KR);
        let cpid = envelope.text("CPID");
        let key = self.book().crypto_key(cpid);
        let key = key.ok_or_else(|| Refusal::new(codes::UNKNOWN_CPID))?;
        let plain = key.open(envelope.text("DATA"));
        let plain = plain.ok_or_else(|| Refusal::new(codes::NOT_DECRYPTED))?;
        let fields = Fields::read(&plain).ok_or_else(|| Refusal::new(codes::PARSE_ERROR))?;
        Ok(Asked {
            cpid: cpid.to_owned(),
            key,
            fields,
        })
    }

    async fn carry_out(
        &self,
        call: Call,
        asked: &Asked,
        meddling: &Meddling,
    ) -> Result<Pairs, Stop> {
        asked.fields.check_characters()?;
        asked
            .fields
            .one_of("SERVICETYPE", &[(call.service(), ())])?;
        match call {
            Call::Auth => Ok(self.authorize(asked, meddling)?),
            Call::IssueBillKey => self.issue(asked, meddling).await,
            Call::OtBill => self.charge(asked, meddling).await,
            Call::Cancel => self.cancel(asked, meddling).await,
            Call::DelBillKey => self.delete_key(asked, meddling).await,
        }
    }

    /// The faults that a call can show: an amount can be lied about where money is meant.
    fn able(&self, call: Call, asked: &Asked) -> &'static [Fault] {
        let fields = &asked.fields;
        let names_money = match call {
            Call::Auth => fields.get("ISBILL") == Some("Y"),
            Call::IssueBillKey => {
                let tid = fields.get("TID").unwrap_or_default();
                self.windows.is_bill(&asked.cpid, tid)
            }
            Call::OtBill | Call::Cancel => true,
            Call::DelBillKey => false,
        };
        match names_money {
            true => &WITH_AMOUNT,
            false => &PLAIN,
        }
    }

    /// The order that a call is about: for plans and the record of calls.
    fn order_of(&self, call: Call, asked: &Asked) -> Option<String> {
        let Asked { cpid, fields, .. } = asked;
        match call {
            Call::Auth | Call::OtBill => fields.get("ORDERID").map(str::to_owned),
            Call::IssueBillKey => self.windows.order_id(cpid, fields.get("TID")?),
            Call::Cancel => {
                let mut book = self.book();
                book.approval(cpid, fields.get("TID")?)?.order_id.clone()
            }
            Call::DelBillKey => {
                let mut book = self.book();
                book.live_key(cpid, fields.get("BILLKEY")?)?
                    .order_id
                    .clone()
            }
        }
    }

    /// The answer in Danal's shape: HTTP 200 whatever it says.
    fn answer(&self, key: &CryptoKey, result: Result<Pairs, Stop>, meddling: Meddling) -> Response {
        let pairs = match result {
            Ok(done) => match meddling.says_timeout(codes::TIMED_OUT) {
                Some(code) => refused(&Refusal::new(&code)),
                None => done,
            },
            Err(Stop::Refused(refusal)) => refused(&refusal),
            Err(Stop::Broken(error)) => {
                tracing::error!(%error, "the simulator cannot go on");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let pairs = pairs.shuffled(|| self.world.random());
        meddling.finish(said(pairs.body(key)))
    }
}

fn refused(refusal: &Refusal) -> Pairs {
    Pairs::new(&refusal.code, &refusal.message())
}

fn said(body: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=euc-kr")];
    (kind, body).into_response()
}
