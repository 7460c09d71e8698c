//! `dangol listen`: a sandbox's webhooks on a developer's screen and at their server.

use std::sync::Arc;
use std::time::Duration;

use dangol_gateway::wire::{Method, Request, Wire, WireError};
use dangol_wire::HttpWire;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::run::asked_to_stop;
use super::{Stop, args, say, when};
use crate::ports::local_ms;

/// How long the sandbox may wait for a webhook before it answers, seconds.
const WAIT_S: u64 = 20;
/// The pause before a sandbox that does not answer is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a forwarded webhook waits for a connection and for its answer, as a first delivery does.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// How many forwarded webhooks wait for an answer side by side.
const AT_ONCE: usize = 32;

/// A webhook as `/sandbox/webhooks` tells it.
#[derive(Deserialize)]
struct Webhook {
    id: String,
    at: i64,
    fields: Value,
    headers: Headers,
    body: String,
}

#[derive(Deserialize)]
struct Headers {
    #[serde(rename = "content-type")]
    content_type: String,
    #[serde(rename = "user-agent")]
    user_agent: String,
    #[serde(rename = "webhook-id")]
    id: String,
    #[serde(rename = "webhook-timestamp")]
    timestamp: String,
    #[serde(rename = "webhook-signature")]
    signature: String,
}

#[derive(Deserialize)]
struct Page {
    entries: Vec<Webhook>,
    last: i64,
    missed: bool,
}

/// What the sandbox said, or why it said nothing.
enum Asked {
    Page(Page),
    NoAnswer(WireError),
}

/// Prints and forwards webhooks until it is told to stop, or one and ends.
pub async fn run(args: args::Hear) -> Result<(), Stop> {
    let stop_asked = asked_to_stop()?;
    let listener = Listener {
        wire: Arc::new(HttpWire::new().map_err(|error| Stop::new(error.to_string()))?),
        from: args.from.as_str().to_owned(),
        forward_to: args.forward_to,
        of: args.merchant.map(|code| format!("&merchant={code}")),
    };
    let work = async {
        match &args.replay {
            Some(id) => listener.replay(id).await,
            None => listener.listen().await,
        }
    };
    tokio::select! {
        () = stop_asked => Ok(()),
        ended = work => ended,
    }
}

#[derive(Clone)]
struct Listener {
    wire: Arc<HttpWire>,
    from: String,
    forward_to: Option<String>,
    /// The part of the query that names a merchant.
    of: Option<String>,
}

impl Listener {
    async fn listen(&self) -> Result<(), Stop> {
        let Asked::Page(first) = self.ask("").await? else {
            return Err(self.nobody_there());
        };
        match &self.forward_to {
            Some(url) => say(format_args!(
                "listening to {}, forwarding to {url}",
                self.from
            )),
            None => say(format_args!("listening to {}", self.from)),
        }
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let (mut last, mut answers) = (first.last, true);
        loop {
            let page = match self.ask(&format!("after={last}&wait={WAIT_S}")).await? {
                Asked::Page(page) => page,
                Asked::NoAnswer(why) => {
                    if answers {
                        tracing::warn!("the sandbox does not answer ({why}); waiting for it");
                    }
                    answers = false;
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            answers = true;
            last = page.last;
            if page.missed {
                tracing::warn!("some webhooks were missed; `dangol webhook list` shows the latest");
            }
            for webhook in page.entries {
                let place = Arc::clone(&places).acquire_owned().await?;
                let listener = self.clone();
                tokio::spawn(async move {
                    listener.take(&webhook).await;
                    drop(place);
                });
            }
        }
    }

    async fn replay(&self, id: &str) -> Result<(), Stop> {
        let path = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        let asked = self.get(&format!("/sandbox/webhooks/{path}")).await;
        let (status, body) = asked.map_err(|_| self.nobody_there())?;
        match status {
            200 => self.take(&serde_json::from_slice(&body)?).await,
            404 => {
                let from = &self.from;
                return Err(Stop::new(format!(
                    "{from} has no webhook {id}; `dangol webhook list` shows the latest"
                )));
            }
            _ => return Err(self.refused(status, &body)),
        }
        Ok(())
    }

    /// Forwards a webhook where that is wanted, and prints what became of it.
    async fn take(&self, webhook: &Webhook) {
        let field = |name: &str| webhook.fields[name].as_str();
        let what = field("type").or(field("status")).unwrap_or("-");
        let line = format!(
            "{}  {what}  {}  {}  {}",
            when(webhook.at * 1_000),
            field("imp_uid").unwrap_or("-"),
            field("merchant_uid").unwrap_or("-"),
            webhook.id
        );
        let Some(url) = &self.forward_to else {
            return say(line);
        };
        let began = local_ms();
        let answer = self.forward(url, webhook).await;
        say(format_args!(
            "{line}  {answer} in {} ms",
            local_ms() - began
        ));
    }

    async fn forward(&self, url: &str, webhook: &Webhook) -> String {
        let headers = &webhook.headers;
        let request = Request {
            method: Method::Post,
            url: url.to_owned(),
            headers: vec![
                ("content-type", headers.content_type.clone()),
                ("user-agent", headers.user_agent.clone()),
                ("webhook-id", headers.id.clone()),
                ("webhook-timestamp", headers.timestamp.clone()),
                ("webhook-signature", headers.signature.clone()),
            ],
            body: webhook.body.clone().into_bytes(),
            timeout_connect: CONNECT,
            timeout_answer: ANSWER,
            to_stranger: false,
        };
        match self.wire.send(request).await {
            Ok(answer) => answer.status.to_string(),
            Err(WireError::TooLarge { status }) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    async fn ask(&self, query: &str) -> Result<Asked, Stop> {
        let of = self.of.as_deref().unwrap_or_default();
        let asked = self.get(&format!("/sandbox/webhooks?{query}{of}")).await;
        match asked {
            Ok((200, body)) => Ok(Asked::Page(serde_json::from_slice(&body)?)),
            Ok((status, body)) => Err(self.refused(status, &body)),
            Err(error) => Ok(Asked::NoAnswer(error)),
        }
    }

    async fn get(&self, path: &str) -> Result<(u16, Vec<u8>), WireError> {
        let request = Request {
            method: Method::Get,
            url: format!("{}{path}", self.from),
            headers: Vec::new(),
            body: Vec::new(),
            timeout_connect: CONNECT,
            timeout_answer: ANSWER,
            to_stranger: false,
        };
        let answer = self.wire.send(request).await?;
        Ok((answer.status, answer.body))
    }

    fn nobody_there(&self) -> Stop {
        Stop::new(format!(
            "no sandbox answers at {}: start one with `dangol demo`, or name it with --from",
            self.from
        ))
    }

    fn refused(&self, status: u16, body: &[u8]) -> Stop {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        match told["error"].as_str() {
            Some(why) => Stop::new(format!("{}: {why}", self.from)),
            // A live server, and anything else, has no such path.
            None => Stop::new(format!(
                "{} is no sandbox (HTTP {status}): webhooks can be listened to in a sandbox only",
                self.from
            )),
        }
    }
}
