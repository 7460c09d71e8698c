//! The cases of notices.

use std::sync::Arc;

use dangol_domain::Device;
use dangol_gateway::contract::{Issue, News, Notice, NoticeSays};

use crate::subject::{GOOD_CARD, Held, Subject};
use crate::windows::Buyer;

/// An issue and a charge, and the notices about them with the order numbers and the PG's numbers that they may name.
async fn told(subject: &Subject) -> (Vec<Notice>, Vec<(String, Option<String>)>) {
    // What the cases before have left is over.
    subject.time_passes(3_600_000).await;
    subject.take_notices();
    let order = subject.window_order(Device::Pc);
    let Issue::Issued(issued) = subject.go(&order, Buyer::Types(GOOD_CARD)).await else {
        panic!("no key was issued");
    };
    let (charged, receipt) = subject.approved(&issued.key, 3000).await;
    subject.time_passes(1_000).await;
    let orders = vec![
        (order.order_id, issued.pg_tid),
        (charged.order_id, Some(receipt.pg_tid)),
    ];
    (subject.take_notices(), orders)
}

pub async fn notices_tell_of_what_happened_and_of_nothing_else(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return Held::CannotBeShown("no window".to_owned());
    }
    let (notices, orders) = told(&subject).await;
    let facts = subject.gateway.profile().notice.as_ref();
    if facts.is_none() && notices.is_empty() {
        return Held::CannotBeShown("no notices".to_owned());
    }
    assert!(!notices.is_empty(), "its profile promises notices");
    assert!(
        facts.is_some_and(|facts| !facts.answer.is_empty()),
        "it wants an answer"
    );
    for notice in &notices {
        let (order_id, pg_tid) = match subject.gateway.read_notice(&subject.channel, notice) {
            NoticeSays::Word(word) => {
                assert!(
                    matches!(word.news, News::Approved { .. }),
                    "it was approved"
                );
                (word.order_id, Some(word.pg_tid))
            }
            NoticeSays::Hint {
                order_id,
                pg_tid,
                claim,
            } => {
                assert!(
                    !claim.is_empty() && !claim.contains("4242424242424242"),
                    "{claim}"
                );
                (order_id, pg_tid)
            }
            NoticeSays::Refused(why) => panic!("the PG's own notice was not believed: {why}"),
            NoticeSays::Nothing => continue,
        };
        let about = orders.iter().find(|(order, _)| *order == order_id);
        let (_, due) = about.unwrap_or_else(|| panic!("{order_id} is another order"));
        assert_eq!(&pg_tid, due, "{order_id}");
    }
    Held::Yes
}

pub async fn a_notice_that_was_changed_is_no_word(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return Held::CannotBeShown("no window".to_owned());
    }
    let (notices, _) = told(&subject).await;
    let Some(notice) = notices.into_iter().next() else {
        return Held::CannotBeShown("no notices".to_owned());
    };
    for n in 0..notice.fields.len() {
        let mut fields = notice.fields.clone();
        let (name, value) = &mut fields[n];
        match value.first_mut() {
            Some(first) => *first = if *first == b'7' { b'8' } else { b'7' },
            None => value.push(b'7'),
        }
        let name = name.clone();
        let says = subject
            .gateway
            .read_notice(&subject.channel, &Notice { fields });
        assert!(!matches!(says, NoticeSays::Word(_)), "{name} was changed");
    }
    let nothing = Notice { fields: Vec::new() };
    let says = subject.gateway.read_notice(&subject.channel, &nothing);
    assert!(
        matches!(says, NoticeSays::Refused(_)),
        "nothing says nothing"
    );
    Held::Yes
}
