//! A plain HTTP client: no redirects followed, no proxy, nothing sent twice.

use std::time::Duration;

use serde_json::Value;

/// Longer than the product waits for anything.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The client. Cheap to clone; keeps connections.
#[derive(Clone)]
pub struct Http(reqwest::Client);

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answered {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: HTTP {} {}", self.status, self.text()))
    }
}

impl Default for Http {
    fn default() -> Http {
        Http::new()
    }
}

impl Http {
    /// A client with connections of its own.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's client is the outside; the product's wire is what is tested"
    )]
    pub fn new() -> Http {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            // As a browser has it: every name under localhost is this machine. A URL's own port counts.
            .resolve("window.localhost", ([127, 0, 0, 1], 0).into())
            .timeout(TIMEOUT)
            .build();
        Http(client.expect("a client without a proxy can be built"))
    }

    /// GET.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Answered {
        let sent = self.try_send("GET", url, headers, Vec::new()).await;
        sent.unwrap_or_else(|error| panic!("GET {url}: {error}"))
    }

    /// POST.
    pub async fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answered {
        let sent = self.try_send("POST", url, headers, body).await;
        sent.unwrap_or_else(|error| panic!("POST {url}: {error}"))
    }

    /// Any request; the error when no whole answer came.
    ///
    /// # Errors
    /// As a text: the connection failed or broke.
    pub async fn try_send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answered, String> {
        let method = method.parse().expect("a method");
        let mut request = self.0.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let headers = answer.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let (status, headers) = (answer.status().as_u16(), headers.collect());
        let body = answer.bytes().await.map_err(|error| error.to_string())?;
        Ok(Answered {
            status,
            headers,
            body: body.to_vec(),
        })
    }
}
