//! `notice_url`, which `again` and the window take alike, and the window's `confirm_url`: where we are to call.

use dangol_domain::v1::Refusal;
use dangol_engine::flow::notice_url::host_of;

use super::Params;

/// Most URLs, and the longest one in characters.
const URLS_MAX: usize = 5;
const URL_MAX: usize = 2_048;
/// What such a URL must be.
const PLAIN: &str = "must be an http:// or https:// URL with a host and without a user name, spaces, backslashes or control characters";

impl Params<'_> {
    /// One URL or a list of them, which replace the merchant's webhook endpoint for this payment.
    ///
    /// # Errors
    /// When there are more than five, or one is no plain web address.
    pub fn notice_urls(&self) -> Result<Vec<String>, Refusal> {
        let malformed = |expected: &str| Err(Refusal::malformed("notice_url", expected));
        let urls = self.list("notice_url")?;
        if urls.len() > URLS_MAX {
            return malformed(&format!("must be at most {URLS_MAX} URLs"));
        }
        if urls.iter().any(|url| url.chars().count() > URL_MAX) {
            return malformed(&format!("must be at most {URL_MAX} characters"));
        }
        if urls.iter().any(|url| host_of(url).is_none()) {
            return malformed(PLAIN);
        }
        Ok(urls.into_iter().map(|url| url.into_owned()).collect())
    }

    /// Where the merchant's server is asked before a payment is approved.
    ///
    /// # Errors
    /// When it is no plain web address.
    pub fn confirm_url(&self) -> Result<Option<String>, Refusal> {
        let url = self.short("confirm_url", URL_MAX)?;
        match url {
            Some(url) if host_of(&url).is_none() => Err(Refusal::malformed("confirm_url", PLAIN)),
            url => Ok(url),
        }
    }
}
