//! How a buyer gets through a PG's simulated window, without a browser.

use std::collections::BTreeMap;
use std::path::Path;

use dangol_gateway::contract::{HandOff, Way, WindowOrder, WindowReturn};
use dangol_gateway::wire::{Method, Request, Wire};
use serde::Deserialize;

use crate::page::{Form, encode, urlencoded};

/// What a buyer does.
#[derive(Clone, Copy)]
pub enum Buyer<'a> {
    /// Types a card number and leaves the rest as it is filled in.
    Types(&'a str),
    /// Presses the window's cancel button.
    Cancels,
}

/// What only this PG's window has, and what a cheat would say: `fixtures/window.toml` in the PG's folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Peculiar {
    /// For a window that a script of the PG opens: the script's place, and where it posts the page's form instead.
    #[serde(default)]
    script: Option<Script>,
    /// What our page's script calls what the PG's script told it: its name, ours.
    #[serde(default)]
    renames: BTreeMap<String, String>,
    /// What a cheat would send to our return URL to look like success; `{order_id}` is filled in.
    forged: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    at: String,
    posts_to: String,
}

/// Reads a PG's facts from its folder: among the gateways, else, for the toy, among the tests.
fn peculiar(provider: &str) -> Peculiar {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let inside = format!("{provider}/fixtures/window.toml");
    let text = ["src", "tests"]
        .iter()
        .find_map(|home| std::fs::read_to_string(root.join(home).join(&inside)).ok())
        .unwrap_or_else(|| panic!("there is no {inside} to say what a cheat would send"));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{inside}: {error}"))
}

/// Goes from a hand-off through the window to what arrives at our return URL.
pub async fn go_through(
    wire: &dyn Wire,
    provider: &str,
    hand_off: &HandOff,
    order: &WindowOrder,
    buyer: Buyer<'_>,
) -> WindowReturn {
    let (mut method, mut url, mut body) = match &hand_off.way {
        Way::Form { method, url } => {
            let body = urlencoded(&hand_off.fields, hand_off.charset);
            ((*method).to_owned(), url.clone(), body)
        }
        Way::Script { url } => {
            let mut fields = hand_off.fields.clone();
            // The simulators' scripts say which page the result belongs to.
            fields.push(("page_origin".to_owned(), "http://main.test".to_owned()));
            let script = peculiar(provider).script.expect("this PG has a script");
            let page = url.strip_suffix(&script.at).expect("the script is there");
            let url = format!("{page}{}", script.posts_to);
            ("post".to_owned(), url, urlencoded(&fields, "utf-8"))
        }
    };
    for _ in 0..10 {
        let html = submit(wire, &method, &url, body).await;
        let mut form = Form::first(&html).unwrap_or_else(|| panic!("no form in {html}"));
        if form.attribute("data-result-to").is_some() {
            return filled_in(provider, hand_off, &form.fields);
        }
        let action = form.attribute("action").unwrap_or_default().to_owned();
        if action == order.return_url {
            let charset = form.attribute("accept-charset").unwrap_or("utf-8");
            let fields = encode(&form.fields, charset);
            return WindowReturn { fields };
        }
        let hooks: &[&str] = match buyer {
            Buyer::Types(number) => {
                form.type_card(number);
                &["next", "pay"]
            }
            Buyer::Cancels => &["cancel"],
        };
        method = form.attribute("method").unwrap_or("get").to_owned();
        body = urlencoded(&form.press(hooks), "utf-8");
        url = joined(&url, &action);
    }
    panic!("the window has no end");
}

/// The form of our own page after a script of the PG, and ours, have filled its fields in.
fn filled_in(provider: &str, hand_off: &HandOff, result: &[(String, String)]) -> WindowReturn {
    let mut fields = hand_off.fields.clone();
    let renames = peculiar(provider).renames;
    for (name, value) in &mut fields {
        let theirs = renames.iter().find(|(_, ours)| *ours == name);
        let theirs = theirs.map_or(&*name, |(theirs, _)| theirs);
        if let Some((_, new)) = result.iter().find(|(known, _)| known == theirs) {
            value.clone_from(new);
        }
        if name == "cancelled" && result.iter().any(|(_, code)| code == "user_cancel") {
            "1".clone_into(value);
        }
    }
    WindowReturn {
        fields: encode(&fields, "utf-8"),
    }
}

/// A return that claims success without the PG: the hand-off's own fields and a cheat's.
pub fn forged(provider: &str, hand_off: &HandOff, order: &WindowOrder) -> WindowReturn {
    let mut fields = hand_off.fields.clone();
    for (name, value) in peculiar(provider).forged {
        fields.retain(|(known, _)| *known != name);
        let value = value.replace("{order_id}", &order.order_id);
        fields.push((name, value));
    }
    assert!(
        fields
            .iter()
            .any(|(_, value)| value.contains(&order.order_id)),
        "a cheat knows the order"
    );
    WindowReturn {
        fields: encode(&fields, "utf-8"),
    }
}

/// Submits a form as a browser does: by GET its fields replace the query of the URL.
async fn submit(wire: &dyn Wire, method: &str, url: &str, body: Vec<u8>) -> String {
    let kind = "application/x-www-form-urlencoded";
    let mut request = Request::post(url.to_owned(), kind, body);
    if method.eq_ignore_ascii_case("get") {
        let query = String::from_utf8(std::mem::take(&mut request.body)).expect("percent-encoded");
        let page = url.split('?').next().unwrap_or(url);
        request.url = format!("{page}?{query}");
        request.method = Method::Get;
        request.headers.clear();
    }
    let answer = wire
        .send(request)
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"));
    let html = String::from_utf8(answer.body).expect("the simulators' pages are UTF-8");
    assert_eq!(answer.status, 200, "{url}: {html}");
    html
}

fn joined(page: &str, action: &str) -> String {
    if action.starts_with("http") {
        return action.to_owned();
    }
    let host_at = page.find("://").expect("an absolute URL") + 3;
    let host_end = page[host_at..]
        .find('/')
        .map_or(page.len(), |at| host_at + at);
    format!("{}{action}", &page[..host_end])
}
