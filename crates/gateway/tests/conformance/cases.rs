//! The cases. Each gets the PG under test and says whether the contract held.

use std::sync::Arc;

use dangol_domain::{BillingKey, FailureClass, Outcome, Secret};
use dangol_gateway::contract::{Checked, Inquired, Revoked};
use dangol_gateway::profile::InquiryBy;

use crate::issue::{
    a_buyer_who_cancels_gets_no_key, a_card_refused_at_issue_gets_no_key,
    a_forged_return_brings_no_key, a_mobile_window_issues_a_key, a_pc_window_issues_a_key,
    a_return_of_another_window_brings_no_key, a_return_used_twice_brings_no_second_key,
    a_token_of_the_shops_page_issues_a_key, an_issue_that_goes_wrong_is_never_issued,
};
use crate::key_in::{
    card_data_is_charged_once, card_data_makes_a_key_and_takes_what_it_says,
    card_data_without_a_sure_answer_is_unknown, declined_card_data_takes_nothing,
};
use crate::notices::{
    a_notice_that_was_changed_is_no_word, notices_tell_of_what_happened_and_of_nothing_else,
};
use crate::restart::a_pg_that_starts_anew_knows_what_it_did;
use crate::services::services_of_one_pg_are_served_and_move_no_money;
use crate::subject::{Case, GOOD_CARD, Held, NOW_MS, Subject};

/// Lists async functions as cases, by their names.
macro_rules! cases {
    ($($case:ident)*) => {
        pub fn all() -> Vec<(&'static str, Case)> {
            vec![$((stringify!($case), |subject| Box::pin($case(subject)))),*]
        }
    };
}

cases! {
    a_pc_window_issues_a_key
    a_mobile_window_issues_a_key
    a_buyer_who_cancels_gets_no_key
    a_card_refused_at_issue_gets_no_key
    a_forged_return_brings_no_key
    a_return_of_another_window_brings_no_key
    a_return_used_twice_brings_no_second_key
    a_token_of_the_shops_page_issues_a_key
    an_issue_that_goes_wrong_is_never_issued
    a_charge_is_approved_and_written_down_once
    each_decline_has_its_class
    a_charge_that_never_left_is_not_sent
    a_lost_request_is_unknown
    a_lost_answer_is_unknown
    an_answer_with_another_amount_is_unknown
    garbage_is_unknown
    ten_megabytes_are_unknown
    a_slow_drip_is_unknown
    a_server_error_is_unknown
    the_pgs_own_timeout_is_unknown
    a_code_that_is_not_listed_is_unknown
    the_same_order_twice_is_charged_once
    a_full_cancel_gives_all_back
    partial_cancels_give_back_part_by_part
    a_second_full_cancel_is_declined
    a_cancel_of_too_much_is_declined
    a_cancel_without_a_sure_answer_is_unknown
    an_inquiry_tells_what_happened
    an_unknown_charge_is_settled_by_its_order_number
    an_inquiry_believes_no_other_amount
    an_inquiry_that_fails_decides_nothing
    a_deleted_key_is_declined
    a_pg_that_starts_anew_knows_what_it_did
    notices_tell_of_what_happened_and_of_nothing_else
    a_notice_that_was_changed_is_no_word
    services_of_one_pg_are_served_and_move_no_money
    card_data_makes_a_key_and_takes_what_it_says
    card_data_is_charged_once
    declined_card_data_takes_nothing
    card_data_without_a_sure_answer_is_unknown
    credentials_are_checked_without_money
}

async fn a_charge_is_approved_and_written_down_once(subject: Arc<Subject>) -> Held {
    let key = subject.key(GOOD_CARD).await;
    let (order, receipt) = subject.approved(&key, 3000).await;
    assert_eq!(subject.taken(&order.order_id), [3000]);
    let journal = subject.journal(&order.order_id);
    assert_eq!(
        journal[0].deed.pg_tid.as_deref(),
        Some(receipt.pg_tid.as_str())
    );
    assert_eq!(receipt.amount, order.amount);
    assert!(
        receipt
            .card
            .number
            .is_some_and(|number| number.as_str().contains('*'))
    );
    Held::Yes
}

async fn each_decline_has_its_class(subject: Arc<Subject>) -> Held {
    for (card, class) in [
        ("4000 0000 0000 0341", FailureClass::Limit),
        ("4000 0000 0000 9995", FailureClass::Limit),
        ("4000 0000 0000 9987", FailureClass::HardDecline),
        ("4000 0000 0000 0069", FailureClass::Expired),
    ] {
        let key = subject.key(card).await;
        let order = subject.charge_order(3000);
        match subject.charge(&key, &order).await {
            Outcome::Declined(failure) => {
                assert_eq!(failure.class, class, "{card}: {failure:?}");
                assert!(!failure.code.is_empty() && !failure.message.is_empty());
            }
            other => panic!("{card}: {other:?}"),
        }
        assert!(subject.taken(&order.order_id).is_empty());
    }
    Held::Yes
}

async fn a_charge_that_never_left_is_not_sent(subject: Arc<Subject>) -> Held {
    let nowhere = subject.channel_to_nowhere().await;
    let key = BillingKey::new("2611190936001234");
    let order = subject.charge_order(3000);
    let (before, wire) = (subject.calls(), &subject.wire);
    let outcome = subject.gateway.charge(wire, &nowhere, &key, &order).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    assert_eq!(subject.calls(), before);
    Held::Yes
}

/// Charges under a fault; the outcome must be unknown, and the PG took what it says it took.
async fn unknown_under(subject: &Subject, fault: &str, code: Option<&str>, taken: &[i64]) -> Held {
    let key = subject.key(GOOD_CARD).await;
    if let Err(why) = subject.plan("charge", fault, code) {
        return Held::CannotBeShown(why);
    }
    let order = subject.charge_order(3000);
    let outcome = match fault {
        "drip" => subject.charge_hastily(&key, &order).await,
        _ => subject.charge(&key, &order).await,
    };
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert_eq!(subject.taken(&order.order_id), taken);
    Held::Yes
}

async fn a_lost_request_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "drop_request", None, &[]).await
}

async fn a_lost_answer_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "drop_answer", None, &[3000]).await
}

async fn an_answer_with_another_amount_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "wrong_amount", None, &[3000]).await
}

async fn garbage_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "garbage", None, &[3000]).await
}

async fn ten_megabytes_are_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "huge", None, &[3000]).await
}

async fn a_slow_drip_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "drip", None, &[3000]).await
}

async fn a_server_error_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "http_500", None, &[]).await
}

async fn the_pgs_own_timeout_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "says_timeout", None, &[3000]).await
}

async fn a_code_that_is_not_listed_is_unknown(subject: Arc<Subject>) -> Held {
    unknown_under(&subject, "decline", Some("ZZ99"), &[]).await
}

async fn the_same_order_twice_is_charged_once(subject: Arc<Subject>) -> Held {
    let key = subject.key(GOOD_CARD).await;
    let (order, _) = subject.approved(&key, 3000).await;
    let again = subject.charge(&key, &order).await;
    assert!(
        !matches!(again, Outcome::Declined(_) | Outcome::NotSent(_)),
        "the payment stands: {again:?}"
    );
    assert_eq!(subject.taken(&order.order_id), [3000]);
    Held::Yes
}

async fn a_full_cancel_gives_all_back(subject: Arc<Subject>) -> Held {
    let paid = subject.approved(&subject.key(GOOD_CARD).await, 3000).await;
    let outcome = subject.cancel(&paid, 3000, 3000).await;
    assert!(
        matches!(&outcome, Outcome::Approved(receipt) if receipt.amount.minor == 3000),
        "{outcome:?}"
    );
    assert_eq!(subject.given_back(&paid.0.order_id), [3000]);
    Held::Yes
}

async fn partial_cancels_give_back_part_by_part(subject: Arc<Subject>) -> Held {
    let paid = subject.approved(&subject.key(GOOD_CARD).await, 3000).await;
    for (amount, balance) in [(1000, 3000), (500, 2000), (1500, 1500)] {
        let outcome = subject.cancel(&paid, amount, balance).await;
        assert!(
            matches!(&outcome, Outcome::Approved(receipt) if receipt.amount.minor == amount),
            "{amount} of {balance}: {outcome:?}"
        );
    }
    assert_eq!(subject.given_back(&paid.0.order_id), [1000, 500, 1500]);
    Held::Yes
}

async fn a_second_full_cancel_is_declined(subject: Arc<Subject>) -> Held {
    let paid = subject.approved(&subject.key(GOOD_CARD).await, 3000).await;
    subject.cancel(&paid, 3000, 3000).await;
    let again = subject.cancel(&paid, 3000, 3000).await;
    assert!(matches!(again, Outcome::Declined(_)), "{again:?}");
    assert_eq!(subject.given_back(&paid.0.order_id), [3000]);
    Held::Yes
}

async fn a_cancel_of_too_much_is_declined(subject: Arc<Subject>) -> Held {
    let paid = subject.approved(&subject.key(GOOD_CARD).await, 3000).await;
    let outcome = subject.cancel(&paid, 3001, 3000).await;
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
    assert!(subject.given_back(&paid.0.order_id).is_empty());
    Held::Yes
}

async fn a_cancel_without_a_sure_answer_is_unknown(subject: Arc<Subject>) -> Held {
    let key = subject.key(GOOD_CARD).await;
    for (fault, given_back) in [
        ("drop_request", &[][..]),
        ("drop_answer", &[1000]),
        ("http_500", &[]),
        ("garbage", &[1000]),
        ("wrong_amount", &[1000]),
        ("says_timeout", &[1000]),
    ] {
        let paid = subject.approved(&key, 3000).await;
        if let Err(why) = subject.plan("cancel", fault, None) {
            return Held::CannotBeShown(why);
        }
        let outcome = subject.cancel(&paid, 1000, 3000).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{fault}: {outcome:?}"
        );
        subject.time_passes(10_000).await;
        assert_eq!(subject.given_back(&paid.0.order_id), given_back, "{fault}");
    }
    Held::Yes
}

async fn an_inquiry_tells_what_happened(subject: Arc<Subject>) -> Held {
    let key = subject.key(GOOD_CARD).await;
    let paid = subject.approved(&key, 3000).await;
    let (order, receipt) = &paid;
    let without_tid = subject.inquire(order, None).await;
    match subject.gateway.profile().inquiry {
        InquiryBy::OrderId => assert_approved(without_tid, &receipt.pg_tid),
        InquiryBy::PgTid => assert!(matches!(without_tid, Inquired::Unsupported)),
        InquiryBy::Nothing => {
            assert!(matches!(without_tid, Inquired::Unsupported));
            return Held::CannotBeShown("no inquiry".to_owned());
        }
    }
    let tid = Some(receipt.pg_tid.as_str());
    assert_approved(subject.inquire(order, tid).await, &receipt.pg_tid);
    subject.cancel(&paid, 1000, 3000).await;
    assert_approved(subject.inquire(order, tid).await, &receipt.pg_tid);
    subject.cancel(&paid, 2000, 2000).await;
    assert_approved(subject.inquire(order, tid).await, &receipt.pg_tid);
    Held::Yes
}

fn assert_approved(inquired: Inquired, tid: &str) {
    match inquired {
        Inquired::Outcome(Outcome::Approved(receipt)) => {
            assert_eq!((receipt.pg_tid.as_str(), receipt.amount.minor), (tid, 3000));
        }
        Inquired::Outcome(other) => panic!("{other:?}"),
        Inquired::Unsupported => panic!("unsupported"),
        Inquired::Issued(_) => panic!("a charge issues no key"),
    }
}

async fn an_unknown_charge_is_settled_by_its_order_number(subject: Arc<Subject>) -> Held {
    if subject.gateway.profile().inquiry != InquiryBy::OrderId {
        return Held::CannotBeShown("no such inquiry".to_owned());
    }
    let key = subject.key(GOOD_CARD).await;
    for (fault, taken) in [("drop_answer", &[3000][..]), ("drop_request", &[])] {
        if let Err(why) = subject.plan("charge", fault, None) {
            return Held::CannotBeShown(why);
        }
        let order = subject.charge_order(3000);
        let outcome = subject.charge(&key, &order).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        if taken.is_empty() {
            let at_once = subject.inquire(&order, None).await;
            assert!(
                matches!(at_once, Inquired::Outcome(Outcome::Unknown(_))),
                "what is not found may be on its way"
            );
        }
        match (subject.inquire_later(&order).await, taken) {
            (Inquired::Outcome(Outcome::Approved(receipt)), [3000]) => {
                let journal = subject.journal(&order.order_id);
                let tid = journal[0].deed.pg_tid.as_deref();
                assert_eq!(tid, Some(receipt.pg_tid.as_str()));
            }
            (Inquired::Outcome(Outcome::Declined(failure)), []) => {
                assert_eq!(failure.class, FailureClass::NotFound);
            }
            (Inquired::Outcome(other), _) => panic!("{fault}: {other:?}"),
            (Inquired::Unsupported, _) => panic!("{fault}: unsupported"),
            (Inquired::Issued(_), _) => panic!("{fault}: a charge issues no key"),
        }
        assert_eq!(subject.taken(&order.order_id), taken);
    }
    Held::Yes
}

async fn an_inquiry_believes_no_other_amount(subject: Arc<Subject>) -> Held {
    if subject.gateway.profile().inquiry == InquiryBy::Nothing {
        return Held::CannotBeShown("no inquiry".to_owned());
    }
    let (mut order, receipt) = subject.approved(&subject.key(GOOD_CARD).await, 3000).await;
    order.amount.minor = 5000;
    let tid = Some(receipt.pg_tid.as_str());
    match subject.inquire(&order, tid).await {
        Inquired::Outcome(Outcome::Unknown(_)) => Held::Yes,
        Inquired::Outcome(other) => panic!("{other:?}"),
        Inquired::Unsupported => panic!("unsupported"),
        Inquired::Issued(_) => panic!("a charge issues no key"),
    }
}

async fn an_inquiry_that_fails_decides_nothing(subject: Arc<Subject>) -> Held {
    let (order, receipt) = subject.approved(&subject.key(GOOD_CARD).await, 3000).await;
    for fault in [
        "drop_request",
        "drop_answer",
        "http_500",
        "garbage",
        "huge",
        "decline",
        "wrong_amount",
    ] {
        if let Err(why) = subject.plan("inquire", fault, None) {
            return Held::CannotBeShown(why);
        }
        let before = subject.calls();
        match subject.inquire(&order, Some(&receipt.pg_tid)).await {
            Inquired::Outcome(Outcome::Unknown(_)) => {}
            // Refused, asked in another way, and told: that is the PG's word.
            Inquired::Outcome(Outcome::Approved(_)) if subject.calls() - before > 1 => {}
            Inquired::Outcome(other) => panic!("{fault}: {other:?}"),
            Inquired::Unsupported => panic!("unsupported"),
            Inquired::Issued(_) => panic!("a charge issues no key"),
        }
    }
    Held::Yes
}

async fn a_deleted_key_is_declined(subject: Arc<Subject>) -> Held {
    let key = subject.key(GOOD_CARD).await;
    let (gateway, wire, channel) = (subject.gateway, &subject.wire, &subject.channel);
    match gateway.revoke(wire, channel, &key, NOW_MS).await {
        Revoked::Done => {}
        Revoked::Unsupported => return Held::CannotBeShown("no deletion".to_owned()),
        Revoked::Refused(failure) => panic!("{failure:?}"),
        Revoked::Unknown(why) => panic!("{why}"),
    }
    let order = subject.charge_order(3000);
    match subject.charge(&key, &order).await {
        Outcome::Declined(failure) => assert_eq!(failure.class, FailureClass::UnknownKey),
        other => panic!("{other:?}"),
    }
    assert!(subject.journal(&order.order_id).is_empty());
    let again = gateway.revoke(wire, channel, &key, NOW_MS).await;
    assert!(
        !matches!(again, Revoked::Done),
        "there is nothing left to delete"
    );
    Held::Yes
}

async fn credentials_are_checked_without_money(subject: Arc<Subject>) -> Held {
    let (gateway, wire) = (subject.gateway, &subject.wire);
    match gateway.check(wire, &subject.channel, NOW_MS).await {
        Checked::Good(_) | Checked::CannotProve(_) => {}
        Checked::Bad(why) => panic!("good credentials called bad: {why}"),
    }
    for field in &gateway.profile().credentials {
        if !field.required {
            continue;
        }
        let mut channel = subject.channel_to_nowhere().await;
        channel.hosts.clone_from(&subject.channel.hosts);
        channel
            .credentials
            .insert(field.name.clone(), Secret::new("wrong"));
        let checked = gateway.check(wire, &channel, NOW_MS).await;
        assert!(
            matches!(checked, Checked::Bad(_)),
            "a wrong {} passed",
            field.name
        );
    }
    Held::Yes
}
