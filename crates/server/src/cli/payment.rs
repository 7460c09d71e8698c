//! `dangol payment`.

use dangol_domain::{CancelState, ImpUid, Money, Payment, State, UserCode};
use dangol_engine::Engine;
use dangol_engine::flow::cancel::{self, CancelFound};
use dangol_engine::flow::resolve::{Found, may_be_paid, settle_by_operator};
use dangol_store::{deliveries, jobs, merchants, payments};

use super::webhook::goes_to;
use super::{Stop, args, find_merchant, node, say, when};

/// Lists open payments, those that need a person first.
pub async fn list(place: &args::Place) -> Result<(), Stop> {
    let engine = node::open(place).await?.engine;
    let mut any = false;
    for state in [
        State::NeedsReview,
        State::Unknown,
        State::Pending,
        State::Sending,
    ] {
        for payment in payments::in_state(&engine.db, state).await? {
            any = true;
            say(format_args!(
                "{}  {}  {}  {}  since {}",
                payment.imp_uid,
                payment.merchant,
                word(payment.state),
                amount(&payment),
                when(payment.started_at)
            ));
        }
    }
    for state in [State::CancelPending, State::PartlyCancelled] {
        for payment in payments::in_state(&engine.db, state).await? {
            let Some(cancel) = payment.open_cancel() else {
                continue;
            };
            any = true;
            say(format_args!(
                "{}  {}  cancel {}  {} {}  since {}",
                payment.imp_uid,
                payment.merchant,
                cancel_word(cancel.state),
                Money::new(cancel.amount, payment.currency).decimal(),
                payment.currency.as_str(),
                when(cancel.requested_at)
            ));
        }
    }
    if !any {
        say("no payment is open");
    }
    Ok(())
}

/// Shows everything that is known of a payment.
pub async fn show(args: args::PaymentShow) -> Result<(), Stop> {
    let engine = node::open(&args.place).await?.engine;
    let found = find(&engine, args.merchant.as_ref(), &args.uid).await?;
    if found.is_empty() {
        return Err(no_such(&args.uid));
    }
    for (n, payment) in found.iter().enumerate() {
        if n > 0 {
            say("");
        }
        show_one(&engine, payment).await?;
    }
    Ok(())
}

fn no_such(uid: &str) -> Stop {
    Stop::new(format!(
        "there is no payment {uid}; give an imp_uid or a merchant_uid, and --data if it is another folder's"
    ))
}

/// The payment of an imp_uid, or all of a merchant_uid.
async fn find(
    engine: &Engine,
    merchant: Option<&UserCode>,
    uid: &str,
) -> Result<Vec<Payment>, Stop> {
    let merchants = match merchant {
        Some(_) => vec![find_merchant(engine, merchant).await?],
        None => merchants::all(&engine.db).await?,
    };
    let imp_uid = ImpUid::parse(uid);
    let mut found = Vec::new();
    for merchant in merchants {
        if let Some(imp_uid) = &imp_uid {
            found.extend(payments::find(&engine.db, &merchant.merchant, imp_uid).await?);
        }
        found.extend(payments::find_all(&engine.db, &merchant.merchant, uid).await?);
    }
    Ok(found)
}

async fn show_one(engine: &Engine, payment: &Payment) -> Result<(), Stop> {
    say(format_args!(
        "{}  {}  {}",
        payment.imp_uid,
        word(payment.state),
        amount(payment)
    ));
    say(format_args!(
        "  merchant      {}, merchant_uid {}",
        payment.merchant, payment.merchant_uid
    ));
    if let Some(customer) = &payment.customer_uid {
        say(format_args!("  customer_uid  {customer}"));
    }
    say(format_args!(
        "  channel       {} {}  {}",
        payment.order.pg_provider, payment.order.pg_id, payment.channel_key
    ));
    say(format_args!("  started       {}", when(payment.started_at)));
    if let Some(receipt) = &payment.receipt {
        say(format_args!(
            "  pg_tid        {}, {}",
            receipt.pg_tid,
            receipt.amount.decimal()
        ));
    }
    if let Some(failure) = &payment.failure {
        say(format_args!("  reason        {}", failure.reason()));
    }
    for event in payments::events(&engine.db, &payment.merchant, &payment.imp_uid).await? {
        let detail = event
            .detail
            .map(|detail| format!(": {detail}"))
            .unwrap_or_default();
        say(format_args!(
            "  {}  {} -> {}{detail}",
            when(event.at),
            event.event,
            word(event.state)
        ));
    }
    for job in jobs::of_subject(&engine.db, payment.imp_uid.as_str()).await? {
        say(format_args!(
            "  {}  next: {}",
            when(job.due_at),
            job.kind.name()
        ));
    }
    show_cancels(payment);
    show_deliveries(engine, payment).await?;
    if payment.state == State::NeedsReview {
        say(format_args!(
            "  needs review: look it up at the gateway by the order number {}, then",
            payment.imp_uid
        ));
        // A key that never reached us cannot be made good by hand.
        if may_be_paid(engine, payment).await? {
            say(format_args!(
                "    dangol payment resolve {} --paid --pg-tid TID",
                payment.imp_uid
            ));
        }
        say(format_args!(
            "    dangol payment resolve {} --failed --reason TEXT",
            payment.imp_uid
        ));
    }
    Ok(())
}

fn show_cancels(payment: &Payment) {
    for cancel in &payment.cancels {
        let amount = Money::new(cancel.amount, payment.currency).decimal();
        let state = cancel_word(cancel.state);
        say(format_args!(
            "  {}  cancel of {amount} {state}  {}",
            when(cancel.requested_at),
            cancel.cancel_id
        ));
        if cancel.state == CancelState::Unknown {
            say(format_args!(
                "    dangol payment resolve {imp_uid} --cancelled [--pg-tid TID]\n    \
                 dangol payment resolve {imp_uid} --not-cancelled --reason TEXT",
                imp_uid = payment.imp_uid
            ));
        }
    }
}

async fn show_deliveries(engine: &Engine, payment: &Payment) -> Result<(), Stop> {
    for delivery in deliveries::of_payment(&engine.db, payment).await? {
        say(format_args!(
            "  {}  webhook {} to {}",
            when(delivery.created_at),
            delivery.state,
            goes_to(&delivery.url)
        ));
        for done in deliveries::tries(&engine.db, &payment.merchant, &delivery.delivery_id).await? {
            // The answer is a stranger's text: its status says enough.
            let status = done
                .status
                .map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"));
            say(format_args!(
                "  {}    try {}: {status}",
                when(done.at),
                done.nth
            ));
        }
    }
    Ok(())
}

/// What an operator found in the PG's books.
enum FoundThere {
    Attempt(Found),
    Cancel(CancelFound),
}

/// What the flags say; empty texts say nothing.
fn found_there(args: &args::PaymentResolve) -> Result<FoundThere, Stop> {
    let given = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or("").trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let usage = || {
        Stop::usage(
            "give --paid with --pg-tid, --failed with --reason, --cancelled, or --not-cancelled with --reason",
        )
    };
    let (pg_tid, reason) = (given(&args.pg_tid), given(&args.reason));
    if args.cancelled {
        return Ok(FoundThere::Cancel(CancelFound::Done { pg_tid }));
    }
    if args.paid {
        let pg_tid = pg_tid.ok_or_else(usage)?;
        return Ok(FoundThere::Attempt(Found::Paid { pg_tid }));
    }
    let reason = reason.ok_or_else(usage)?;
    Ok(match args.not_cancelled {
        true => FoundThere::Cancel(CancelFound::Refused { reason }),
        false => FoundThere::Attempt(Found::Failed { reason }),
    })
}

/// Settles a payment, or its open cancel, by what an operator found in the PG's books.
pub async fn resolve(args: args::PaymentResolve) -> Result<(), Stop> {
    let found_there = found_there(&args)?;
    let engine = node::open(&args.place).await?.engine;
    let found = find(&engine, args.merchant.as_ref(), &args.imp_uid).await?;
    let payment = match found.as_slice() {
        [payment] => payment,
        [] => return Err(no_such(&args.imp_uid)),
        _ => {
            return Err(Stop::new(
                "several payments match: name one by its imp_uid, and --merchant",
            ));
        }
    };
    let merchant = find_merchant(&engine, Some(&payment.merchant)).await?;
    let imp_uid = payment.imp_uid.as_str();
    let settled = match found_there {
        FoundThere::Attempt(found) => settle_by_operator(&engine, &merchant, imp_uid, found).await,
        FoundThere::Cancel(found) => {
            cancel::settle_by_operator(&engine, &merchant, imp_uid, found).await
        }
    }?;
    let after = match args.not_cancelled {
        true => {
            "nothing was given back, so no webhook is sent, and a cancel may be asked for again"
        }
        false => "the merchant is told by webhook, where one is set",
    };
    say(format_args!(
        "{} is {}; {after}",
        settled.imp_uid,
        word(settled.state)
    ));
    Ok(())
}

fn amount(payment: &Payment) -> String {
    format!(
        "{} {}",
        payment.money().decimal(),
        payment.currency.as_str()
    )
}

/// A state in words.
fn word(state: State) -> &'static str {
    match state {
        State::Ready => "ready",
        State::Expired => "expired",
        State::Failed => "failed",
        State::Sending => "sending",
        State::Pending => "pending",
        State::Unknown => "unknown",
        State::NeedsReview => "needs review",
        State::Paid => "paid",
        State::CancelPending => "cancel pending",
        State::PartlyCancelled => "partly cancelled",
        State::Cancelled => "cancelled",
    }
}

/// A cancel's state in words.
fn cancel_word(state: CancelState) -> &'static str {
    match state {
        CancelState::Sending => "sending",
        CancelState::Pending => "pending",
        CancelState::Unknown => "needs review",
        CancelState::Done => "done",
        CancelState::Refused => "refused",
    }
}
