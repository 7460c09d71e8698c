//! API tokens: the same one until it expires, 30 minutes each, and 5 minutes more when asked for within the last
//! minute. A token is an HMAC of merchant and generation, so none is stored.

use std::collections::HashMap;
use std::sync::RwLock;

use dangol_domain::UserCode;
use dangol_domain::clock::seconds;
use dangol_domain::v1::{Refusal, messages};
use dangol_store::merchants::{self, MerchantRecord, TokenRecord};

use crate::merchants::CACHE_MS;
use crate::{Engine, FlowError};

const LIFE_MS: i64 = 1_800_000;
const LAST_MINUTE_MS: i64 = 60_000;
const EXTENSION_MS: i64 = 300_000;
/// More entries than this are thrown away at once: the cache only saves reads.
const CACHED_MAX: usize = 10_000;

/// Tokens that were found good, and when.
#[derive(Default)]
pub struct Tokens(RwLock<HashMap<String, (i64, TokenRecord)>>);

/// What getToken answers.
#[derive(serde::Serialize)]
pub struct TokenView {
    /// 40 lower-case hex digits.
    pub access_token: String,
    /// When it ends, unix seconds.
    pub expired_at: i64,
    /// Now, unix seconds: clients compute their clock's difference from it.
    pub now: i64,
}

impl Engine {
    /// The merchant of a REST API key and its secret; a refusal (401) when they are wrong. Keys are compared without case,
    /// secrets in constant time.
    pub async fn log_in(
        &self,
        imp_key: &str,
        imp_secret: &str,
    ) -> Result<MerchantRecord, FlowError> {
        let refused = || Refusal {
            status: 401,
            code: -1,
            message: messages::BAD_CREDENTIALS.to_owned(),
        };
        let merchant = merchants::find_by_key(&self.db, imp_key.trim()).await?;
        let given = self.secret_hash(imp_secret.trim());
        let merchant = merchant
            .filter(|m| dangol_vault::Vault::same(given.as_bytes(), m.secret_hash.as_bytes()));
        Ok(merchant.ok_or_else(refused)?)
    }

    /// Both at once: the token of whoever knows key and secret.
    pub async fn get_token(&self, imp_key: &str, imp_secret: &str) -> Result<TokenView, FlowError> {
        let merchant = self.log_in(imp_key, imp_secret).await?;
        self.issue_token(&merchant).await
    }

    /// Issues a merchant's token.
    pub async fn issue_token(&self, merchant: &MerchantRecord) -> Result<TokenView, FlowError> {
        loop {
            if let Some(token) = self.current_token(merchant).await? {
                return Ok(token);
            }
            // A twin on another node was faster: read its token.
        }
    }

    /// The live token, a prolonged one, or a new generation; `None` when a twin made one meanwhile.
    async fn current_token(
        &self,
        merchant: &MerchantRecord,
    ) -> Result<Option<TokenView>, FlowError> {
        let now = self.now_ms();
        let stored = merchants::token_of(&self.db, &merchant.merchant).await?;
        if let Some(live) = stored.as_ref().filter(|t| t.expires_at > now) {
            let mut expires_at = live.expires_at;
            if expires_at - now < LAST_MINUTE_MS {
                expires_at += EXTENSION_MS;
                merchants::extend_token(&self.db, live, expires_at).await?;
                self.tokens.forget();
            }
            return Ok(Some(self.view(
                &merchant.merchant,
                live.generation,
                expires_at,
                now,
            )));
        }
        let generation = stored.map_or(1, |t| t.generation + 1);
        let token = self.token(&merchant.merchant, generation);
        let record = TokenRecord {
            merchant: merchant.merchant.clone(),
            generation,
            token_hash: self.token_hash(&token),
            expires_at: now + LIFE_MS,
        };
        let ours = merchants::renew_token(&self.db, &record).await?;
        Ok(ours.then(|| self.view(&merchant.merchant, generation, record.expires_at, now)))
    }

    /// The merchant of a token; a refusal (401) when it is missing, unknown or expired.
    pub async fn authenticate(&self, token: &str) -> Result<UserCode, FlowError> {
        if token.len() != 40 || !token.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Refusal::unauthorized().into());
        }
        let local = self.clock.local_ms();
        let cached = self
            .tokens
            .0
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .get(token)
            .cloned();
        let record = match cached.filter(|(at, _)| local - at < CACHE_MS) {
            Some((_, record)) => Some(record),
            None => {
                let found = merchants::token_by_hash(&self.db, &self.token_hash(token)).await?;
                if let Some(record) = &found {
                    self.tokens.remember(token, local, record);
                }
                found
            }
        };
        match record.filter(|t| t.expires_at > self.now_ms()) {
            Some(record) => Ok(record.merchant),
            None => Err(Refusal::unauthorized().into()),
        }
    }

    /// The keyed hash under which a REST API secret is kept, hex.
    pub fn secret_hash(&self, imp_secret: &str) -> String {
        hex(&self.vault.keyed_hash("imp_secret", imp_secret.as_bytes()))
    }

    fn token(&self, merchant: &UserCode, generation: i64) -> String {
        let input = format!("{merchant}/{generation}");
        let mut token = hex(&self.vault.keyed_hash("access_token", input.as_bytes()));
        token.truncate(40);
        token
    }

    fn token_hash(&self, token: &str) -> String {
        hex(&self.vault.keyed_hash("access_token_hash", token.as_bytes()))
    }

    fn view(&self, merchant: &UserCode, generation: i64, expires_at: i64, now: i64) -> TokenView {
        TokenView {
            access_token: self.token(merchant, generation),
            expired_at: seconds(expires_at),
            now: seconds(now),
        }
    }
}

impl Tokens {
    /// Forgets everything: a token was prolonged or revoked here.
    pub fn forget(&self) {
        self.0.write().unwrap_or_else(|e| e.into_inner()).clear();
    }

    fn remember(&self, token: &str, local: i64, record: &TokenRecord) {
        let mut cache = self.0.write().unwrap_or_else(|e| e.into_inner());
        if cache.len() >= CACHED_MAX {
            cache.clear();
        }
        cache.insert(token.to_owned(), (local, record.clone()));
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
