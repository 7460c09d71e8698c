//! A data folder: sandbox or live for ever, one server at a time, and nothing without its key ring.

use std::fs;
use std::path::PathBuf;

use crate::dangol::{Folder, Server, bytes_below, dangol, dangol_with};

/// Any free ports of this machine.
const ANY: &str = "127.0.0.1:0";

#[test]
fn a_sandbox_listens_on_this_machine_only() {
    let folder = Folder::new();
    let data = folder.text("data");
    dangol(&["demo", "--data", &data, "--listen", "0.0.0.0:0"])
        .fails(1, &["0.0.0.0:0", "not a loopback address", "--listen"]);
    dangol(&[
        "demo",
        "--data",
        &data,
        "--listen",
        ANY,
        "--pg-listen",
        "[::]:0",
    ])
    .fails(1, &["not a loopback", "--pg-listen"]);
    dangol(&[
        "demo",
        "--data",
        &data,
        "--listen",
        ANY,
        "--shop-listen",
        "0.0.0.0:0",
    ])
    .fails(1, &["--shop-listen"]);
    // The folder is a sandbox by now, whatever command uses it.
    dangol(&["serve", "--data", &data, "--listen", "0.0.0.0:0"])
        .fails(1, &["not a loopback address"]);
    dangol(&[
        "sandbox",
        "--data",
        &folder.text("alone"),
        "--listen",
        "0.0.0.0:0",
    ])
    .fails(1, &["not a loopback address"]);
}

#[test]
fn a_folder_stays_what_it_is() {
    let folder = Folder::new();
    let (live, sandbox) = (folder.text("live"), folder.text("sandbox"));
    assert_eq!(
        Server::start(&["serve", "--data", &live, "--listen", ANY]).stop(),
        Some(0)
    );
    dangol(&["demo", "--data", &live, "--listen", ANY]).fails(1, &["is a live folder", "--data"]);
    dangol(&["serve", "--sandbox", "--data", &live, "--listen", ANY])
        .fails(1, &["is a live folder"]);
    dangol(&[
        "serve",
        "--data",
        &live,
        "--listen",
        ANY,
        "--pg-listen",
        ANY,
    ])
    .fails(2, &["no simulators"]);
    assert!(
        !folder.path("live/sandbox").exists(),
        "no simulator was ever there"
    );

    assert_eq!(
        Server::start(&["serve", "--sandbox", "--data", &sandbox, "--listen", ANY]).stop(),
        Some(0)
    );
    let served = Server::start(&["serve", "--data", &sandbox, "--listen", ANY]);
    assert!(
        served
            .said
            .iter()
            .any(|line| line.starts_with("listening pg ")),
        "it is still a sandbox"
    );
}

#[test]
fn a_live_server_beyond_this_machine_must_know_its_name() {
    let folder = Folder::new();
    let data = folder.text("data");
    dangol(&["serve", "--data", &data, "--listen", "0.0.0.0:0"]).fails(2, &["--public-url"]);
    let named = [
        "serve",
        "--data",
        &data,
        "--listen",
        "0.0.0.0:0",
        "--public-url",
        "https://pay.example.com",
    ];
    assert_eq!(Server::start(&named).stop(), Some(0));
}

#[test]
fn without_its_key_ring_nothing_is_touched() {
    let folder = Folder::new();
    let (data, other) = (folder.text("data"), folder.text("other"));
    for data in [&data, &other] {
        assert_eq!(
            Server::start(&["demo", "--data", data, "--listen", ANY]).stop(),
            Some(0)
        );
    }
    let ring = folder.path("data/keys/key-ring");
    let kept = fs::read(&ring).expect("the ring was made");
    let text = String::from_utf8(kept.clone()).expect("a ring is text");
    let demo = ["demo", "--data", &data, "--listen", ANY];
    // The lock names whoever tried last; SQLite's log is empty, and its index is memory.
    let content = || {
        let mut all = bytes_below(&folder.path("data"));
        all.retain(|(path, bytes)| {
            !path.ends_with("server.lock") && !path.ends_with("dangol.db-shm") && !bytes.is_empty()
        });
        all
    };

    fs::copy(folder.path("other/keys/key-ring"), &ring).expect("the files are ours");
    let before = content();
    dangol(&demo).fails(
        1,
        &["does not belong to this database", "Nothing was changed"],
    );
    dangol(&["migrate", "--data", &data]).fails(1, &["does not belong to this database"]);
    assert_same(&before, &content());

    fs::remove_file(&ring).expect("the file is ours");
    let before = content();
    dangol(&demo).fails(1, &["there is no key ring at", "DANGOL_KEY_RING"]);
    dangol(&["merchant", "list", "--data", &data]).fails(1, &["there is no key ring at"]);
    assert_same(&before, &content());

    let listed = dangol_with(
        &["merchant", "list", "--data", &data],
        &[("DANGOL_KEY_RING", &text)],
    )
    .works();
    assert!(listed.contains("imp00000000"));
    let elsewhere = folder.text("data/ring-elsewhere");
    fs::write(&elsewhere, &kept).expect("the folder is ours");
    dangol_with(
        &["merchant", "list", "--data", &data],
        &[("DANGOL_KEY_RING_FILE", &elsewhere)],
    )
    .fails(1, &["other users can read", "chmod 600"]);
}

/// Names the files that differ, rather than printing a database.
#[track_caller]
fn assert_same(before: &[(PathBuf, Vec<u8>)], after: &[(PathBuf, Vec<u8>)]) {
    let names =
        |all: &[(PathBuf, Vec<u8>)]| all.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(before), names(after));
    for ((path, before), (_, after)) in before.iter().zip(after) {
        assert!(before == after, "{} was changed", path.display());
    }
}

#[test]
fn one_server_runs_on_a_folder() {
    let folder = Folder::new();
    let data = folder.text("data");
    let first = Server::start(&["demo", "--data", &data, "--listen", ANY]);
    dangol(&["demo", "--data", &data, "--listen", ANY])
        .fails(1, &["in use by process", &first.pid().to_string()]);
    drop(first);
    // Killed, not stopped: the lock went with it.
    assert_eq!(
        Server::start(&["demo", "--data", &data, "--listen", ANY]).stop(),
        Some(0)
    );
}

#[test]
fn a_taken_port_is_named_with_its_flag() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind(ANY).expect("a free port");
    let at = taken.local_addr().expect("it is bound").to_string();
    let data = folder.text("data");
    dangol(&["demo", "--data", &data, "--listen", &at])
        .fails(1, &[&at, "in use by another program", "--listen"]);
    dangol(&[
        "demo",
        "--data",
        &data,
        "--listen",
        ANY,
        "--shop-listen",
        &at,
    ])
    .fails(1, &[&at, "--shop-listen"]);
}

#[tokio::test]
async fn a_demo_runs_on_postgresql_and_keeps_what_it_made() {
    let place = dangol_store::test_support::postgres().await;
    let folder = Folder::new();
    let (data, other) = (folder.text("data"), folder.text("other"));
    let url = [("DANGOL_DATABASE_URL", place.url.as_str())];
    let migrated = dangol_with(&["migrate", "--data", &data], &url).works();
    assert!(migrated.contains("0001_init"), "{migrated}");
    let demo = [
        "demo",
        "--data",
        &data,
        "--listen",
        ANY,
        "--database",
        &place.url,
    ];
    for _ in 0..2 {
        assert_eq!(Server::start(&demo).stop(), Some(0));
    }
    assert!(!folder.path("data/dangol.db").exists());
    let listed = dangol_with(&["merchant", "list", "--data", &data], &url).works();
    assert_eq!(listed.matches("imp00000000").count(), 1, "{listed}");
    // Another node without the ring makes none of its own.
    dangol_with(&["demo", "--data", &other, "--listen", ANY], &url)
        .fails(1, &["there is no key ring at"]);
    dangol_with(&["serve", "--data", &data, "--listen", "0.0.0.0:0"], &url)
        .fails(1, &["not a loopback"]);
}

#[test]
fn a_database_out_of_reach_is_named_without_its_password() {
    let folder = Folder::new();
    let data = folder.text("data");
    for url in [
        "postgresql://dangol:hunter2@127.0.0.1:1/dangol",
        "postgresql://dangol:hunter2@127.0.0.1:x/dangol",
        "hunter2",
    ] {
        let said = dangol_with(
            &["demo", "--data", &data, "--listen", ANY, "--log", "trace"],
            &[("DANGOL_DATABASE_URL", url)],
        );
        said.fails(1, &["PostgreSQL"]);
        assert!(!said.err.contains("hunter2"), "{}", said.err);
    }
}
