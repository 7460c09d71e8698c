//! Merchants and channels: what is asked for, what is noticed, what is never shown.

use crate::dangol::{Folder, Operator, Server};

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nTElTVEVO\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----\n";
const WINDOW: &str = "https://w.example.com";
const ADD: &str = "channel add --pg kcp_billing --pg-id S6729";

/// A live folder with its merchant, and the credentials' files.
fn live(folder: &Folder) -> Operator {
    let data = folder.text("data");
    assert_eq!(
        Server::start(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]).stop(),
        Some(0)
    );
    folder.file("cert.pem", CERTIFICATE);
    folder.file("key.pem", KEY);
    let operator = Operator::of(data);
    let said = operator.types("merchant add --name 단골").works();
    assert!(
        said.contains("user code   imp") && said.contains("imp_secret  "),
        "{said}"
    );
    operator
}

/// The three credentials that the gateway needs, as they should be given.
fn all_three(folder: &Folder) -> String {
    let (cert, key) = (folder.text("cert.pem"), folder.text("key.pem"));
    format!("--set group_id=env:GROUP --file cert={cert} --file private_key={key}")
}

#[test]
fn a_channel_says_what_is_missing_unknown_or_swapped() {
    let folder = Folder::new();
    let operator = live(&folder).with("DANGOL_WINDOW_URL", WINDOW);
    let add = |more: &str| operator.types(&format!("{ADD} {more}"));
    let (cert, key) = (folder.text("cert.pem"), folder.text("key.pem"));

    let missing = add("");
    missing.fails(1, &["group_id is missing", "cert is missing"]);
    missing.fails(1, &["private_key is missing", "배치 그룹"]);
    let unknown = add("--set groupid=S67291234567");
    unknown.fails(1, &["groupid is not known", "group_id is missing"]);
    let swapped = add(&format!("--file private_key={cert} --file cert={key}"));
    swapped.fails(1, &["private_key is a PEM file, but this one says CERT"]);
    swapped.fails(1, &["cert is a PEM file, but this one says PRIVATE KEY"]);
    assert!(!swapped.err.contains("U0VDUkVU"), "no value is shown");
    let nameless = add("--set hunter2hunter2");
    nameless.fails(1, &["NAME=VALUE"]);
    assert!(!nameless.err.contains("hunter2"), "no value is shown");
    add("--file cert=no-such.pem").fails(1, &["cert: cannot read no-such.pem"]);
    add("--set group_id=env:NO_SUCH").fails(1, &["group_id: ", "NO_SUCH"]);
    add("--dialect no_such=1").fails(2, &["--dialect", "duplicate_codes"]);
    let nobody = add(&format!("{} --merchant imp99999999", all_three(&folder)));
    nobody.fails(1, &["GROUP"]);
    let other = operator.types("channel add --pg no_such --pg-id 1");
    other.fails(2, &["no_such", "kcp_billing"]);
}

#[test]
fn a_channel_is_added_once_listed_as_unproven_and_removed_on_purpose() {
    let folder = Folder::new();
    let operator = live(&folder).with("DANGOL_WINDOW_URL", WINDOW);
    let operator = operator.with("GROUP", "S67291234567");
    let add = |more: &str| operator.types(&format!("{ADD} {} {more}", all_three(&folder)));

    add("--merchant imp99999999").fails(1, &["there is no merchant imp99999999"]);
    let said = add("--hosts test --dialect tax_split=false").works();
    assert!(said.contains("kcp_billing S6729"), "{said}");
    add("").fails(1, &["has a channel kcp_billing S6729 already"]);
    let listed = operator.types("channel list").works();
    assert!(
        listed.contains("test system, unproven, default"),
        "{listed}"
    );
    assert!(!listed.contains("S67291234567"), "credentials are sealed");
    let remove = "channel remove --pg kcp_billing";
    operator.types(remove).fails(1, &["--yes"]);
    operator.types(&format!("{remove} --yes")).works();
    let listed = operator.types("channel list").works();
    assert!(listed.contains("no channel yet"), "{listed}");
}

#[test]
fn a_list_tells_live_channels_from_those_at_a_test_system() {
    let folder = Folder::new();
    let operator = live(&folder).with("DANGOL_WINDOW_URL", WINDOW);
    let operator = operator.with("GROUP", "S67291234567");
    let crypto_key = "0f".repeat(32);
    let brick = "--set secret_key=s --set brick_public_key=p --set brick_private_key=k";
    let contracts = [
        ("kcp_billing", all_three(&folder)),
        ("danal_tpay", format!("--set crypto_key={crypto_key}")),
        ("paymentwall", brick.to_owned()),
    ];
    for (pg, credentials) in &contracts {
        for hosts in ["live", "test"] {
            let add = format!("channel add --pg {pg} --pg-id {hosts}-1 --hosts {hosts}");
            operator.types(&format!("{add} {credentials}")).works();
        }
    }
    let listed = operator.types("channel list").works();
    // Danal has one system for both, and Paymentwall one of two hosts.
    for (channel, place) in [
        ("kcp_billing live-1", "live"),
        ("kcp_billing test-1", "test system"),
        ("danal_tpay live-1", "live or test by its contract"),
        ("danal_tpay test-1", "live or test by its contract"),
        ("paymentwall live-1", "live"),
        ("paymentwall test-1", "test system"),
    ] {
        let line = listed.lines().find(|line| line.contains(channel));
        let line = line.unwrap_or_else(|| panic!("no {channel} in {listed}"));
        assert!(line.contains(&format!("  {place}, unproven")), "{line}");
    }
}

#[test]
fn a_channel_is_changed_in_place() {
    let folder = Folder::new();
    let operator = live(&folder).with("DANGOL_WINDOW_URL", WINDOW);
    let operator = operator.with("GROUP", "S67291234567");
    let added = operator.types(&format!("{ADD} {}", all_three(&folder)));
    let key = channel_key(&added.works());
    operator
        .types("channel add --pg kicc --pg-id T5102001 --set secret=first-secret")
        .works();
    let set = |what: &str| operator.types(&format!("channel set {what}"));

    let said = set("--pg kcp_billing --dialect tax_split=false --dialect pending_states=").works();
    assert_eq!(channel_key(&said), key, "billing keys point at it: {said}");
    let listed = operator.types("channel list").works();
    for text in [
        &key,
        "dialect tax_split=false\n",
        "dialect pending_states=\n",
    ] {
        assert!(listed.contains(text), "no `{text}` in {listed}");
    }
    // What is not named stays.
    set(&format!(
        "--channel-key {key} --unset tax_split --name 구독"
    ))
    .works();
    set("--pg kicc --pg-id T5102001 --default --set secret=second-secret").works();
    let listed = operator.types("channel list").works();
    assert!(!listed.contains("tax_split"), "{listed}");
    assert!(!listed.contains("-secret"), "{listed}");
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines[0].contains("kicc T5102001") && lines[0].contains("default"));
    assert!(lines[1].contains(&key) && lines[1].contains("(구독)"));
    assert!(!lines[1].contains("default"), "there is one: {listed}");
    assert_eq!(lines[2], "  dialect pending_states=");
}

/// The channel key in a line about a channel.
fn channel_key(said: &str) -> String {
    let key = said
        .split_whitespace()
        .find(|w| w.starts_with("channel-key-"));
    key.unwrap_or_else(|| panic!("no key in {said}")).to_owned()
}

#[test]
fn a_wrong_change_of_a_channel_changes_nothing() {
    let folder = Folder::new();
    let operator = live(&folder).with("DANGOL_WINDOW_URL", WINDOW);
    let operator = operator.with("GROUP", "S67291234567");
    let add = |id: &str| {
        operator.types(&format!(
            "channel add --pg kcp_billing --pg-id {id} {}",
            all_three(&folder)
        ))
    };
    add("S6729").works();
    let before = operator.types("channel list").works();
    let set = |what: &str| operator.types(&format!("channel set {what}"));

    set("--pg kcp_billing").fails(2, &["--dialect", "--set", "--default"]);
    set("--dialect no_such=1").fails(2, &["--dialect", "duplicate_codes", "tax_split"]);
    set("--dialect tax_split").fails(2, &["--dialect: expected NAME=VALUE"]);
    let unset = set("--unset no_such");
    unset.fails(2, &["--unset", "duplicate_codes", "private_key_password"]);
    set("--unset cert").fails(2, &["--unset"]);
    set("--set group_id= --name new").fails(1, &["group_id is empty"]);
    let swapped = set(&format!("--file cert={}", folder.text("key.pem")));
    swapped.fails(1, &["cert is a PEM file, but this one says PRIVATE KEY"]);
    let nameless = set("--set hunter2hunter2 --default");
    nameless.fails(1, &["NAME=VALUE"]);
    assert!(!nameless.err.contains("hunter2"), "no value is shown");
    set("--channel-key channel-key-0 --default").fails(1, &["there is no such channel"]);
    add("S6730").works();
    set("--pg kcp_billing --name new").fails(1, &["2 channels match", "--channel-key"]);
    operator.types("channel remove --pg-id S6730 --yes").works();
    assert_eq!(operator.types("channel list").works(), before);
}

#[test]
fn credentials_are_sealed_anew_and_the_others_stay() {
    let folder = Folder::new();
    let data = folder.text("data");
    let server = Server::start(&["demo", "--data", &data, "--listen", "127.0.0.1:0"]);
    let operator = Operator::of(data);
    let check = |pg: &str| operator.types(&format!("channel check --pg {pg}"));
    // The simulator answers under its own key: another one is noticed.
    let wrong = "0f".repeat(32);
    let set = operator.types(&format!(
        "channel set --pg danal_tpay --set crypto_key={wrong}"
    ));
    let said = set.works();
    assert!(
        said.contains("dangol channel check") && !said.contains(&wrong),
        "{said}"
    );
    check("danal_tpay").fails(1, &["dangol channel set"]);
    // One of three is replaced, and the two that prove themselves are still there.
    let other =
        "channel set --pg paymentwall --set brick_public_key=t_0123456789012345678901234567";
    operator.types(other).works();
    assert!(check("paymentwall").works().contains("good: "));
    // An optional one can be taken away.
    operator
        .types("channel set --pg payco --unset product_id")
        .works();
    assert!(check("payco").works().contains("without a product_id"));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_gateways_script_needs_an_origin_of_its_own() {
    let folder = Folder::new();
    let operator = live(&folder).with("GROUP", "S67291234567");
    let add = format!("{ADD} {}", all_three(&folder));
    operator
        .types(&add)
        .fails(1, &["window_url", "DANGOL_WINDOW_URL"]);
    let named = Operator::of(folder.text("data")).with("GROUP", "S67291234567");
    let named = named.with("DANGOL_WINDOW_URL", WINDOW);
    named.types(&add).works();
    operator
        .types("serve --listen 127.0.0.1:0")
        .fails(1, &["--window-url"]);
    let data = folder.text("data");
    let serve = ["serve", "--data", &data, "--listen", "127.0.0.1:0"];
    let serve = [serve.as_slice(), &["--window-url", WINDOW]].concat();
    assert_eq!(Server::start(&serve).stop(), Some(0));
}

#[test]
fn a_channel_for_card_data_says_what_it_means() {
    let folder = Folder::new();
    // Such a channel has no window, so that it needs no origin for one.
    let operator = live(&folder).with("GROUP", "S67291234567");
    let add = |more: &str| operator.types(&format!("channel add {} {more}", all_three(&folder)));
    add("--pg kcp_billing --pg-id S6729 --type api_payment")
        .fails(2, &["--type: expected payment"]);
    add("--pg kcp --pg-id S6729 --type payment").fails(2, &["--type: expected api_payment"]);
    add("--pg kcp --pg-id S6729 --type window").fails(2, &["--type", "payment or api_payment"]);
    let said = add("--pg kcp --pg-id S6729").works();
    assert!(said.contains("PCI DSS"), "{said}");
    let listed = operator.types("channel list").works();
    assert!(listed.contains("api_payment"), "{listed}");
}

#[test]
fn a_sandbox_takes_no_real_contract() {
    let folder = Folder::new();
    let data = folder.text("data");
    let demo = ["demo", "--data", &data, "--listen", "127.0.0.1:0"];
    assert_eq!(Server::start(&demo).stop(), Some(0));
    let refused = Operator::of(data).types(ADD);
    refused.fails(1, &["simulators only", "POST /sandbox/channels"]);
}

#[test]
fn a_merchant_may_keep_what_its_server_has_already() {
    let folder = Folder::new();
    let operator = live(&folder);
    let secret = folder.file("secret", "0123456789abcdef0123456789abcdef\n");
    let add = format!(
        "merchant add --name Shop --user-code imp12345678 --imp-key Imp_Apikey_1 --imp-secret @{secret}"
    );
    let said = operator.types(&add).works();
    assert!(
        said.contains("imp12345678") && said.contains("imp_apikey_1"),
        "{said}"
    );
    assert!(
        !said.contains("0123456789abcdef"),
        "a secret that was given is not shown: {said}"
    );
    operator
        .types(&add)
        .fails(1, &["another merchant has this user code or imp_key"]);
    let seen = operator.types("merchant add --name x --imp-secret 0123456789abcdef");
    seen.fails(2, &["@FILE"]);
    assert!(!seen.err.contains("0123456789abcdef"));
}

#[test]
fn payments_are_confirmed_where_a_merchant_says() {
    let folder = Folder::new();
    let operator = live(&folder);
    for wrong in [
        "shop.example.com",
        "ftp://shop.example.com/",
        "https://a:b@shop.example.com/",
    ] {
        operator
            .types(&format!("merchant set --confirm-url {wrong}"))
            .fails(2, &["--confirm-url"]);
    }
    let url = "https://shop.example.com/confirm";
    operator
        .types(&format!("merchant set --confirm-url {url}"))
        .works();
    let listed = operator.types("merchant list").works();
    assert!(listed.contains(url), "{listed}");
    // One change leaves the other alone.
    operator.types("merchant set --webhook-first on").works();
    let listed = operator.types("merchant list").works();
    assert!(listed.contains(url) && listed.contains("before the page"));
    operator
        .types("merchant set --no-confirm-url --webhook-first off")
        .works();
    let listed = operator.types("merchant list").works();
    assert!(!listed.contains(url) && !listed.contains("before the page"));
    operator
        .types("merchant set --webhook-first perhaps")
        .fails(2, &["perhaps"]);
}

#[test]
fn webhooks_go_where_a_merchant_says() {
    let folder = Folder::new();
    let operator = live(&folder);
    let hook = "--url https://shop.example.com/hook";
    operator.types(&format!("webhook set {hook}")).works();
    operator
        .types("merchant add --name x --user-code imp12345678")
        .works();
    // With two merchants, one must be named.
    operator
        .types(&format!("webhook set {hook}"))
        .fails(1, &["--merchant"]);
    let set = "webhook set --merchant imp12345678";
    operator
        .types(&format!("{set} --url ftp://shop.example.com"))
        .fails(2, &["--url"]);
    operator
        .types(&format!("{set} {hook} --content-type form"))
        .works();
    let listed = operator.types("merchant list").works();
    assert_eq!(
        listed.matches("https://shop.example.com/hook").count(),
        2,
        "{listed}"
    );
    operator.types(&format!("{set} --none")).works();
    let listed = operator.types("merchant list").works();
    assert!(listed.contains("no webhook"), "{listed}");
}

#[test]
fn a_merchants_addresses_are_added_shown_and_removed() {
    let folder = Folder::new();
    let operator = live(&folder);
    let types = |more: &str| operator.types(&format!("merchant allow-ip {more}"));
    assert!(types("").works().starts_with("every address may call"));
    let listed = types("--add 203.0.113.7 --add 198.51.100.9/24").works();
    assert!(listed.starts_with("only these may call"), "{listed}");
    assert!(listed.contains("\n  203.0.113.7\n") && listed.contains("\n  198.51.100.0/24\n"));
    types("--add 203.0.113.0/33").fails(2, &["--add", "192.0.2.0/24"]);
    types("--remove 203.0.113.8").fails(1, &["203.0.113.8 is not on", "allow-ip"]);
    types("--merchant imp99999999").fails(1, &["there is no merchant imp99999999"]);
    assert_eq!(types("").works(), listed, "nothing of that changed it");
    let rest = types("--remove ::ffff:203.0.113.7").works();
    assert!(!rest.contains("203.0.113.7") && rest.contains("198.51.100.0/24"));
    assert!(
        types("--remove 198.51.100.0/24")
            .works()
            .starts_with("every address")
    );
}
