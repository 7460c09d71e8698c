//! Which addresses `demo` and `serve` take, and under which origins others reach them.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::{Stop, args};
use crate::config::Config;
use crate::listen::{self, Address};
use crate::setup::Mode;
use crate::setup::sandbox::Origins;

/// The main listener's address when nothing names one.
const MAIN: (&str, u16) = ("127.0.0.1", 8080);

/// The demo's shop.
pub struct Shop {
    /// Where, if it was said.
    pub listen: Option<Address>,
}

/// Where this process listens, and under which origins.
pub struct Listeners {
    /// The API and the window.
    pub main: TcpListener,
    /// The simulators, in a sandbox.
    pub pg: Option<TcpListener>,
    /// The shop, in a demo.
    pub shop: Option<TcpListener>,
    /// The origins of the three.
    pub origins: Origins,
    /// The origin by which browsers and PGs reach main.
    pub public_url: String,
    /// The origin of windows that run a PG's script; the public one where there is none.
    pub window_url: String,
}

/// Takes every address before anything is served.
pub async fn bind(
    listen: args::Listen,
    config: &Config,
    mode: Mode,
    simulators: bool,
    shop: Option<Shop>,
) -> Result<Listeners, Stop> {
    let sandbox = mode == Mode::Sandbox;
    if listen.pg_listen.is_some() && !(sandbox && simulators) {
        return Err(Stop::usage(
            "--pg-listen is for a sandbox: this server has no simulators",
        ));
    }
    let wanted = listen
        .listen
        .or_else(|| config.listen.clone())
        .unwrap_or_else(main_address);
    let main = listen::bind(&wanted, "--listen", sandbox).await?;
    let at = main.local_addr()?;
    let public_url = match listen.public_url.as_ref().or(config.public_url.as_ref()) {
        Some(origin) => origin.as_str().to_owned(),
        None => default_public_url(at, mode)?,
    };
    let window_url = match listen.window_url.as_ref().or(config.window_url.as_ref()) {
        Some(origin) => origin.as_str().to_owned(),
        // Every *.localhost is this machine, and each name is an origin of its own.
        None if sandbox => format!("http://window.localhost:{}", at.port()),
        None => public_url.clone(),
    };
    let mut origins = Origins {
        main: format!("http://{at}"),
        pg: String::new(),
        shop: None,
    };
    let mut pg = None;
    if sandbox && simulators {
        let address = listen
            .pg_listen
            .map_or_else(|| beside(&wanted, at, 1, "--pg-listen"), Ok)?;
        let listener = listen::bind(&address, "--pg-listen", true).await?;
        origins.pg = format!("http://{}", listener.local_addr()?);
        pg = Some(listener);
    }
    let mut shop_listener = None;
    if let Some(shop) = shop {
        let address = shop
            .listen
            .map_or_else(|| beside(&wanted, at, 2, "--shop-listen"), Ok)?;
        let listener = listen::bind(&address, "--shop-listen", true).await?;
        // Another name than main's, so that browsers see two sites, as they will in production.
        origins.shop = Some(format!(
            "http://localhost:{}",
            listener.local_addr()?.port()
        ));
        shop_listener = Some(listener);
    }
    Ok(Listeners {
        main,
        pg,
        shop: shop_listener,
        origins,
        public_url,
        window_url,
    })
}

fn main_address() -> Address {
    let (host, port) = MAIN;
    Address {
        host: host.to_owned(),
        port,
    }
}

/// The main listener's own address, where browsers can use it.
fn default_public_url(at: SocketAddr, mode: Mode) -> Result<String, Stop> {
    if mode == Mode::Live && !at.ip().is_loopback() {
        return Err(Stop::usage(
            "browsers and gateways cannot know this server by the address it listens on: say with --public-url by which \
             origin they reach it, such as https://pay.example.com",
        ));
    }
    Ok(format!("http://{at}"))
}

/// An address some ports after main's; any free port when main took any.
fn beside(wanted: &Address, at: SocketAddr, step: u16, flag: &str) -> Result<Address, Stop> {
    let port = match wanted.port {
        0 => Some(0),
        port => port.checked_add(step),
    };
    let missing = || {
        Stop::usage(format!(
            "there is no port {step} after {}: name one with {flag}",
            wanted.port
        ))
    };
    Ok(Address {
        host: at.ip().to_string(),
        port: port.ok_or_else(missing)?,
    })
}
