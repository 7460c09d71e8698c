//! The command line from outside: what an operator types, sees, and gets as an exit code.

mod channels;
mod dangol;
mod folders;
mod payments;
mod servers;

use dangol::dangol;

/// Every command, so that a new one is added here too.
const COMMANDS: &[&[&str]] = &[
    &["demo"],
    &["serve"],
    &["sandbox"],
    &["listen"],
    &["migrate"],
    &["config"],
    &["merchant", "add"],
    &["merchant", "set"],
    &["merchant", "list"],
    &["merchant", "allow-ip"],
    &["channel", "add"],
    &["channel", "set"],
    &["channel", "list"],
    &["channel", "check"],
    &["channel", "remove"],
    &["webhook", "set"],
    &["webhook", "list"],
    &["webhook", "resend"],
    &["webhook", "events"],
    &["webhook", "secret"],
    &["webhook", "on"],
    &["payment", "list"],
    &["payment", "show"],
    &["payment", "resolve"],
];

#[test]
fn every_command_has_help_with_examples() {
    for command in COMMANDS {
        let help = dangol(&[command, ["--help"].as_slice()].concat()).works();
        assert!(help.contains("Examples:\n"), "{command:?}: {help}");
        assert!(
            !help.contains("PG_ID"),
            "{command:?} names a placeholder: {help}"
        );
    }
    // What is listed is all that there is.
    let listed = |help: &str| {
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        lines
            .take_while(|line| !line.is_empty())
            .filter(|line| !line.trim().starts_with("help "))
            .count()
    };
    let groups = ["merchant", "channel", "webhook", "payment"];
    let grouped: usize = groups
        .iter()
        .map(|group| listed(&dangol(&[group, "--help"]).works()))
        .sum();
    assert_eq!(
        grouped + listed(&dangol(&["--help"]).works()) - groups.len(),
        COMMANDS.len()
    );
}

#[test]
fn what_is_not_understood_exits_2_and_says_why() {
    dangol(&[]).fails(2, &["Usage:"]);
    dangol(&["sell"]).fails(2, &["sell"]);
    dangol(&["demo", "--listen", "8080"]).fails(2, &["--listen", "host:port"]);
    dangol(&["demo", "--listen", "::1:8080"]).fails(2, &["[::1]:8080"]);
    dangol(&["serve", "--public-url", "https://pay.example.com/path"])
        .fails(2, &["without a path"]);
    dangol(&["serve", "--log", "loud"]).fails(2, &["loud"]);
    dangol(&["listen", "--replay", "msg_1"]).fails(2, &["--forward-to"]);
    dangol(&["listen", "--forward-to", "localhost:3000"]).fails(2, &["--forward-to", "http://"]);
    dangol(&["webhook", "set"]).fails(2, &["--url", "--none"]);
    dangol(&["merchant", "set"]).fails(2, &["--confirm-url"]);
    dangol(&["payment", "resolve", "imps_000000000000"]).fails(2, &["--paid", "--failed"]);
    dangol(&["payment", "resolve", "imps_000000000000", "--paid"]).fails(2, &["--pg-tid"]);
    dangol(&[
        "payment", "resolve", "x", "--paid", "--pg-tid", "1", "--failed", "--reason", "r",
    ])
    .fails(2, &[]);
    dangol(&["channel", "list", "--merchant", "imp1"]).fails(2, &["imp and 8 digits"]);
    dangol(&["sandbox", "--pg", "no_such_gateway"]).fails(2, &["no_such_gateway", "kcp_billing"]);
    for url in [
        "127.0.0.1:3000/notice",
        "ftp://shop.example/",
        "http://a@b/",
    ] {
        dangol(&["sandbox", "--notice-url", url])
            .fails(2, &["--notice-url", "http://127.0.0.1:3000/notice"]);
    }
}

#[test]
fn the_example_configuration_is_printed_and_can_be_used_as_it_is() {
    let folder = dangol::Folder::new();
    let example = dangol(&["config"]).works();
    let file = folder.file("dangol.toml", &example);
    // It is read before the folder is looked at, and found good.
    dangol(&[
        "merchant",
        "list",
        "--data",
        &folder.text("data"),
        "--config",
        &file,
    ])
    .fails(1, &["nothing is set up"]);
    let file = folder.file("wrong.toml", "listne = \"127.0.0.1:1\"\n");
    dangol(&[
        "merchant",
        "list",
        "--data",
        &folder.text("data"),
        "--config",
        &file,
    ])
    .fails(1, &["wrong.toml: line 1: ", "listne", "dangol config"]);
}
