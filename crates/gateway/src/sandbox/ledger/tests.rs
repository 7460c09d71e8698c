use std::io::Write;

use super::*;
use crate::sandbox::journal::Kind;

fn deed(order_id: &str) -> Deed {
    Deed {
        amount: Some(3000),
        ..Deed::new(Kind::Approval, order_id, 1_000)
    }
}

fn query(pg: Option<&str>, order_id: Option<&str>, after: u64) -> Query {
    Query {
        pg: pg.map(str::to_owned),
        order_id: order_id.map(str::to_owned),
        after,
        limit: None,
    }
}

fn seqs(ledger: &Ledger, query: &Query) -> Vec<u64> {
    ledger
        .entries(query)
        .unwrap()
        .iter()
        .map(|entry| entry.seq)
        .collect()
}

fn fill(ledger: &Ledger) {
    ledger
        .append_blocking("one", Some(deed("a")), Some(&"memo"))
        .unwrap();
    ledger
        .append_blocking::<()>("two", Some(deed("a")), None)
        .unwrap();
    ledger
        .append_blocking("one", None, Some(&"only a record"))
        .unwrap();
    ledger
        .append_blocking::<()>("one", Some(deed("b")), None)
        .unwrap();
}

#[test]
fn everything_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    for reopened in [false, true] {
        let ledger = Ledger::open(&path).unwrap();
        if !reopened {
            fill(&ledger);
        }
        assert_eq!(seqs(&ledger, &query(None, None, 0)), [1, 2, 3]);
        assert_eq!(seqs(&ledger, &query(None, None, 2)), [3]);
        assert_eq!(seqs(&ledger, &query(Some("one"), None, 0)), [1, 3]);
        assert_eq!(seqs(&ledger, &query(None, Some("a"), 0)), [1, 2]);
        assert_eq!(seqs(&ledger, &query(Some("two"), Some("b"), 0)), [0; 0]);
        assert_eq!(seqs(&ledger, &query(Some("none"), None, 0)), [0; 0]);
        assert_eq!(seqs(&ledger, &query(None, None, u64::MAX)), [0; 0]);
        let mut told = Vec::new();
        ledger
            .replay("one", |entry, record: Option<String>| {
                told.push((entry.map(|entry| entry.seq), record));
                Ok(())
            })
            .unwrap();
        let memo = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                (Some(1), memo("memo")),
                (None, memo("only a record")),
                (Some(3), None)
            ]
        );
    }
}

#[test]
fn a_torn_last_line_is_cut_and_the_next_one_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    fill(&Ledger::open(&path).unwrap());
    let whole = std::fs::read(&path).unwrap();
    for cut in 1..40 {
        std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(
            seqs(&ledger, &query(None, None, 0)),
            [1, 2],
            "cut {cut} bytes"
        );
        ledger
            .append_blocking::<()>("one", Some(deed("c")), None)
            .unwrap();
        drop(ledger);
        let again = Ledger::open(&path).unwrap();
        assert_eq!(again.entries(&query(None, Some("c"), 0)).unwrap()[0].seq, 3);
    }
}

#[test]
fn damage_in_the_middle_is_an_error_and_not_a_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    fill(&Ledger::open(&path).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[0] = b'x';
    std::fs::write(&path, &bytes).unwrap();
    let error = Ledger::open(&path).err().expect("damage is seen");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(
        std::fs::read(&path).unwrap(),
        bytes,
        "nothing was thrown away"
    );
}

#[test]
fn a_second_opener_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    let _first = Ledger::open(&path).unwrap();
    assert_eq!(
        Ledger::open(&path).err().map(|error| error.kind()),
        Some(io::ErrorKind::ResourceBusy)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_many_writers_stay_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    let ledger = Arc::new(Ledger::open(&path).unwrap());
    let writers: Vec<_> = (0..200)
        .map(|i| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move {
                let order = format!("order-{i}");
                ledger
                    .append("one", Some(deed(&order)), Some(&i))
                    .await
                    .unwrap();
                // Whoever is answered can see its own entry.
                assert_eq!(
                    ledger.entries(&query(None, Some(&order), 0)).unwrap().len(),
                    1
                );
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let expected: Vec<u64> = (1..=200).collect();
    assert_eq!(seqs(&ledger, &query(None, None, 0)), expected);
}

#[test]
fn a_line_that_is_json_but_no_line_of_ours_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    fill(&Ledger::open(&path).unwrap());
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"seq\":1}\n{\"pg\":\"one\"}\n").unwrap();
    assert!(Ledger::open(&path).is_err());
}
