//! Windows: what binds a browser's visit to a payment.

use dangol_domain::{ImpUid, UserCode};

use crate::json::corrupt;
use crate::{Db, Row, Step, StoreError, values};

crate::statements! {
    INSERT = "INSERT INTO pay_window (merchant, window_id, imp_uid, token_hash, nonce, origin, frame, redirect_url, \
        request, expires_at) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), $4, $5, CAST($6 AS TEXT), CAST($7 AS TEXT), \
        CAST($8 AS TEXT), CAST($9 AS TEXT), CAST($10 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND imp_uid = $3 AND revised_by = $11)";
    FIND = "SELECT merchant, window_id, imp_uid, token_hash, nonce, origin, frame, redirect_url, request, expires_at \
        FROM pay_window WHERE window_id = $1";
    FIND_BY_NONCE = "SELECT merchant, window_id, imp_uid, token_hash, nonce, origin, frame, redirect_url, request, \
        expires_at FROM pay_window WHERE nonce = $1 AND imp_uid = $2";
    FIND_BY_PAYMENT = "SELECT merchant, window_id, imp_uid, token_hash, nonce, origin, frame, redirect_url, request, \
        expires_at FROM pay_window WHERE merchant = $1 AND imp_uid = $2";
}

/// A window's row.
#[derive(Clone)]
pub struct WindowRecord {
    /// Whose.
    pub merchant: UserCode,
    /// The opaque id in its URLs.
    pub window_id: String,
    /// Its payment.
    pub imp_uid: ImpUid,
    /// Keyed hash of the one-time token.
    pub token_hash: String,
    /// The page's nonce: whoever knows it may ask for the result and close the window.
    pub nonce: String,
    /// The merchant page's origin when it is a real one.
    pub origin: Option<String>,
    /// How it is shown: `layer`, `popup` or `redirect`.
    pub frame: String,
    /// `m_redirect_url`, bound at prepare.
    pub redirect_url: Option<String>,
    /// What the PG's window needs, as JSON.
    pub request: String,
    /// When it can no longer be finished, ms.
    pub expires_at: i64,
}

pub(crate) fn insert_if_revised(w: &WindowRecord, write_id: i64) -> Step {
    Step::new(
        INSERT,
        values![
            w.merchant.as_str(),
            w.window_id.as_str(),
            w.imp_uid.as_str(),
            w.token_hash.as_str(),
            w.nonce.as_str(),
            w.origin.as_deref(),
            w.frame.as_str(),
            w.redirect_url.as_deref(),
            w.request.as_str(),
            w.expires_at,
            write_id
        ],
    )
}

/// A window by the id in its URLs.
pub async fn find(db: &Db, window_id: &str) -> Result<Option<WindowRecord>, StoreError> {
    let rows = db.read(FIND, values![window_id]).await?;
    rows.first().map(window).transpose()
}

/// A payment's window, asked for by its page's nonce.
pub async fn find_by_nonce(
    db: &Db,
    nonce: &str,
    imp_uid: &str,
) -> Result<Option<WindowRecord>, StoreError> {
    let rows = db.read(FIND_BY_NONCE, values![nonce, imp_uid]).await?;
    rows.first().map(window).transpose()
}

/// A payment's window.
pub async fn find_by_payment(
    db: &Db,
    merchant: &UserCode,
    imp_uid: &ImpUid,
) -> Result<Option<WindowRecord>, StoreError> {
    let rows = db
        .read(
            FIND_BY_PAYMENT,
            values![merchant.as_str(), imp_uid.as_str()],
        )
        .await?;
    rows.first().map(window).transpose()
}

fn window(row: &Row) -> Result<WindowRecord, StoreError> {
    Ok(WindowRecord {
        merchant: UserCode::parse(row.text(0)?).ok_or_else(|| corrupt("pay_window.merchant"))?,
        window_id: row.text(1)?.to_owned(),
        imp_uid: ImpUid::parse(row.text(2)?).ok_or_else(|| corrupt("pay_window.imp_uid"))?,
        token_hash: row.text(3)?.to_owned(),
        nonce: row.text(4)?.to_owned(),
        origin: row.opt_text(5)?.map(str::to_owned),
        frame: row.text(6)?.to_owned(),
        redirect_url: row.opt_text(7)?.map(str::to_owned),
        request: row.text(8)?.to_owned(),
        expires_at: row.int(9)?,
    })
}
