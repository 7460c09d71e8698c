//! `dangol payment`.

use dangol_domain::{ImpUid, Payment, State, Usage, UserCode};
use dangol_engine::Engine;
use dangol_engine::flow::resolve::{Found, settle_by_operator};
use dangol_store::{deliveries, jobs, merchants, payments};

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
    show_deliveries(engine, payment).await?;
    if payment.state == State::NeedsReview {
        say(format_args!(
            "  needs review: look it up at the gateway by the order number {}, then",
            payment.imp_uid
        ));
        // A key that never reached us cannot be made good by hand.
        if payment.order.usage != Some(Usage::Issue) {
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

async fn show_deliveries(engine: &Engine, payment: &Payment) -> Result<(), Stop> {
    for delivery in deliveries::of_payment(&engine.db, payment).await? {
        say(format_args!(
            "  {}  webhook {} to {}",
            when(delivery.created_at),
            delivery.state,
            delivery.url
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

/// Settles a payment by what an operator found in the PG's books.
pub async fn resolve(args: args::PaymentResolve) -> Result<(), Stop> {
    let found_there = match (args.paid, args.pg_tid, args.reason) {
        (true, Some(pg_tid), _) if !pg_tid.trim().is_empty() => Found::Paid {
            pg_tid: pg_tid.trim().to_owned(),
        },
        (false, _, Some(reason)) if !reason.trim().is_empty() => Found::Failed {
            reason: reason.trim().to_owned(),
        },
        _ => {
            return Err(Stop::usage(
                "give --paid with --pg-tid, or --failed with --reason",
            ));
        }
    };
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
    let settled =
        settle_by_operator(&engine, &merchant, payment.imp_uid.as_str(), found_there).await?;
    say(format_args!(
        "{} is {}; the merchant is told by webhook, where one is set",
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
