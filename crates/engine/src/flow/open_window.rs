//! Opening a window: the connector builds the way to the PG, a page sends the browser there.
//!
//! Opening again (a refresh, the back button) builds the way again: nothing changes state until the PG's window returns.

use std::sync::Arc;

use dangol_domain::{Device, Payment, Secret, State};
use dangol_gateway::contract::{HandOff, WindowOrder};
use dangol_store::merchants::MerchantRecord;
use dangol_store::payments;
use dangol_store::windows::{self, WindowRecord};
use dangol_vault::Vault;

use super::attempt;
use super::close_window::{WAIT, refuse};
use super::prepare::{WindowRequest, token_hash};
use super::result::{self, WindowResult};
use super::webhook_first;
use crate::channels::OpenChannel;
use crate::{Engine, FlowError};

/// What the window's page shows.
pub enum Opened {
    /// The way to the PG.
    HandOff {
        /// The way.
        hand_off: HandOff,
        /// What the page must know.
        page: Page,
    },
    /// The window has ended: its result.
    Ended {
        /// The result.
        result: WindowResult,
        /// What the page must know.
        page: Page,
    },
}

/// What every page of a window must know.
#[derive(Clone)]
pub struct Page {
    /// `ko` or `en`.
    pub language: String,
    /// The shop's name.
    pub shop_name: String,
    /// The only site that may frame the page, when it is a real one.
    pub frame_ancestor: Option<String>,
    /// The nonce that the merchant's page must show before it is told anything.
    pub nonce: String,
    /// The PG of the window.
    pub provider: String,
    /// `layer`, `popup` or `redirect`.
    pub frame: String,
    /// The main origin, which a page of the window may not be on.
    pub home: String,
    /// Where a redirecting window ends, when the merchant's page said so.
    pub redirect_url: Option<String>,
}

/// A window with everything that belongs to it.
pub(crate) struct Found {
    pub merchant: Arc<MerchantRecord>,
    pub window: WindowRecord,
    pub payment: Payment,
    pub channel: Arc<OpenChannel>,
    pub request: WindowRequest,
}

/// Why a window's page shows nothing of the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotYours {
    /// There is no such window, or its channel is gone.
    Unknown,
    /// The token is not this window's.
    BadToken,
    /// The return names another payment's order number.
    OtherOrder,
}

/// Opens a window, or shows its result when it has ended.
pub async fn open_window(
    engine: &Engine,
    window_id: &str,
    token: &str,
) -> Result<Result<Opened, NotYours>, FlowError> {
    let Some(found) = find(engine, window_id).await? else {
        return Ok(Err(NotYours::Unknown));
    };
    if !token_fits(engine, &found.window, token) {
        return Ok(Err(NotYours::BadToken));
    }
    let page = page(engine, &found);
    let expired = engine.now_ms() > found.window.expires_at;
    let on_its_way = engine.inflight.find(&found.payment.imp_uid).is_some();
    if found.payment.state != State::Ready || expired || on_its_way {
        // Back or refresh while the merchant or the PG is being asked: the end is worth waiting for.
        let ended = attempt::follow(engine, &found.payment, WAIT).await?;
        webhook_first::until_told(engine, &found.merchant, &ended).await?;
        let result = result::of(&ended, &found.window, expired);
        return Ok(Ok(Opened::Ended { result, page }));
    }
    let order = order(engine, &found, token);
    let opened = found
        .channel
        .gateway
        .open_window(engine.wire.as_ref(), &found.channel.channel, &order)
        .await;
    Ok(Ok(match opened {
        Ok(hand_off) => Opened::HandOff { hand_off, page },
        Err(failure) => {
            let payment = refuse(
                engine,
                &found.merchant,
                &found.payment,
                &found.window,
                failure,
            )
            .await?;
            Opened::Ended {
                result: result::of(&payment, &found.window, false),
                page,
            }
        }
    }))
}

pub(crate) async fn find(engine: &Engine, window_id: &str) -> Result<Option<Found>, FlowError> {
    let Some(window) = windows::find(&engine.db, window_id).await? else {
        return Ok(None);
    };
    let payment = payments::find(&engine.db, &window.merchant, &window.imp_uid).await?;
    let merchant = engine.merchant(&window.merchant).await?;
    let (Some(payment), Some(merchant)) = (payment, merchant) else {
        return Ok(None);
    };
    let Some(channel) = engine.channel(&merchant, &payment.channel_key).await? else {
        return Ok(None);
    };
    let request = serde_json::from_str(&window.request)
        .map_err(|_| FlowError::Setup("a window's request cannot be read".to_owned()))?;
    Ok(Some(Found {
        merchant,
        window,
        payment,
        channel,
        request,
    }))
}

pub(crate) fn token_fits(engine: &Engine, window: &WindowRecord, token: &str) -> bool {
    Vault::same(
        token_hash(engine, token).as_bytes(),
        window.token_hash.as_bytes(),
    )
}

pub(crate) fn page(engine: &Engine, found: &Found) -> Page {
    Page {
        language: found.request.language.clone(),
        shop_name: found.request.shop_name.clone(),
        frame_ancestor: found.window.origin.clone(),
        nonce: found.window.nonce.clone(),
        provider: found.payment.order.pg_provider.clone(),
        frame: found.window.frame.clone(),
        home: engine.settings.public_url.clone(),
        redirect_url: found.window.redirect_url.clone(),
    }
}

pub(crate) fn order(engine: &Engine, found: &Found, token: &str) -> WindowOrder {
    let (payment, request) = (&found.payment, &found.request);
    let frame = match payment.order.device {
        Device::Mobile => &found.channel.gateway.profile().mobile,
        Device::Pc | Device::Api => &found.channel.gateway.profile().pc,
    };
    let settings = &engine.settings;
    let origin = if frame.script {
        &settings.script_window_url
    } else {
        &settings.public_url
    };
    WindowOrder {
        order_id: payment.imp_uid.to_string(),
        amount: payment.money(),
        name: payment
            .order
            .name
            .clone()
            .unwrap_or_else(|| payment.merchant_uid.clone()),
        shop_name: request.shop_name.clone(),
        buyer: payment.order.buyer.clone(),
        customer_uid: payment.customer_uid.clone().unwrap_or_default(),
        device: payment.order.device,
        language: request.language.clone(),
        user_agent: payment.order.user_agent.clone().unwrap_or_default(),
        extra: request.extra.clone(),
        return_url: format!("{origin}/window/{}/return", found.window.window_id),
        notice_url: settings.notice_url(&payment.merchant, &payment.channel_key),
        return_token: Secret::new(token),
        browser_ip: None,
        page_origin: found.window.origin.clone(),
        at_ms: engine.now_ms(),
    }
}
