//! Opening a data folder: its mode, its key ring, its database. Whatever does not fit is refused before anything is
//! touched.

pub mod sandbox;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dangol_domain::{Clock, Secret};
use dangol_engine::clock::DatabaseClock;
use dangol_engine::ports::Random;
use dangol_engine::{Engine, Settings};
use dangol_gateway::profile::Kind;
use dangol_store::{Db, StoreError, channels, merchants, meta};
use dangol_vault::{KEY_RING_VARIABLE, KeyRing, Vault, VaultError};
use dangol_wire::{Guard, HttpWire};
use zeroize::Zeroizing;

use crate::ports::{self, MachineClock, OsRandom};

/// Names another place for the key ring's file.
pub const KEY_RING_FILE_VARIABLE: &str = "DANGOL_KEY_RING_FILE";
/// The database's notes about itself.
const MODE: &str = "mode";
const KEY_RING: &str = "key_ring";
/// The origin that the last server used for windows with a PG's script.
pub const WINDOW_URL: &str = "window_url";

/// What a data folder is, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Simulators, published credentials, a clock that can be moved; on this machine only.
    Sandbox,
    /// Real PGs and real money.
    Live,
}

impl Mode {
    /// The stored word.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Sandbox => "sandbox",
            Mode::Live => "live",
        }
    }

    fn parse(name: &str) -> Option<Mode> {
        [Mode::Sandbox, Mode::Live]
            .into_iter()
            .find(|mode| mode.name() == name)
    }
}

/// Where things are.
pub struct Place {
    /// The data folder.
    pub data: PathBuf,
    /// PostgreSQL in place of the folder's SQLite file.
    pub database: Option<Secret>,
}

impl Place {
    fn sqlite(&self) -> PathBuf {
        self.data.join("dangol.db")
    }

    /// The simulators' own folder.
    pub fn sandbox(&self) -> PathBuf {
        self.data.join("sandbox")
    }
}

/// What a command wants of a data folder.
#[derive(Clone, Copy)]
pub enum Want {
    /// One that exists, of either mode.
    Existing,
    /// One of this mode, made if there is none.
    Mode(Mode),
    /// Either; a new one gets this mode.
    EitherElse(Mode),
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Nothing was ever set up there.
    #[error(
        "nothing is set up in {0}: begin with `dangol demo` (a sandbox) or `dangol serve`, or name the folder with --data"
    )]
    Nothing(String),
    /// The folder is of the other mode.
    #[error("{place} is a {} folder and stays one for ever; {advice}", .is.name())]
    OtherMode {
        /// The folder.
        place: String,
        /// What it is.
        is: Mode,
        /// What to do instead.
        advice: &'static str,
    },
    /// The database says what this version cannot read.
    #[error(
        "the database's note about its {0} cannot be read: it was damaged or written by a newer version"
    )]
    Note(&'static str),
    /// The folder cannot be made.
    #[error("cannot make the folder {}: {reason}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A channel that does not belong here.
    #[error("{0}")]
    Channel(String),
    /// The key ring.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What reaches PGs could not be set up.
    #[error("outgoing connections cannot be set up: {0}")]
    Wire(String),
}

/// A data folder, open.
pub struct Opened {
    /// Its database, migrated.
    pub db: Db,
    /// Its vault.
    pub vault: Vault,
    /// What it is.
    pub mode: Mode,
    /// The key ring's file, when it was made just now.
    pub new_ring: Option<PathBuf>,
}

/// What a database says about itself before it is touched.
#[derive(Default)]
struct Notes {
    mode: Option<String>,
    key_ring: Option<String>,
}

/// Makes the data folder, for its owner alone.
pub fn make_folder(data: &Path) -> Result<(), SetupError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|reason| SetupError::Folder {
        path: data.to_owned(),
        reason,
    })
}

/// Opens a data folder, or makes it where `want` says so.
pub async fn open(place: &Place, want: Want) -> Result<Opened, SetupError> {
    let (found, notes) = match look(place).await? {
        Some((db, notes)) => (Some(db), notes),
        None => (None, Notes::default()),
    };
    let is = notes
        .mode
        .as_deref()
        .map(|name| Mode::parse(name).ok_or(SetupError::Note(MODE)))
        .transpose()?;
    let mode = decide(place, want, is)?;
    let (ring, new_ring) = match &notes.key_ring {
        Some(_) => (load_ring(&place.data)?, None),
        None => load_or_make_ring(&place.data)?,
    };
    if let Some(fingerprint) = &notes.key_ring {
        ring.matches(fingerprint)?;
    }
    let db = match found {
        Some(db) => db,
        None => Db::open_sqlite(&place.sqlite()).await?,
    };
    db.migrate().await?;
    // Another node may have set up the same database meanwhile: what it wrote is what counts.
    let kept = meta::set_once(&db, KEY_RING, &ring.fingerprint()).await?;
    ring.matches(&kept)?;
    if kept != ring.fingerprint() {
        meta::set(&db, KEY_RING, &ring.fingerprint()).await?;
    }
    let kept = meta::set_once(&db, MODE, mode.name()).await?;
    let mode = decide(
        place,
        want,
        Some(Mode::parse(&kept).ok_or(SetupError::Note(MODE))?),
    )?;
    Ok(Opened {
        db,
        vault: Vault::new(ring),
        mode,
        new_ring,
    })
}

/// Brings an existing database's schema up to date; the migrations that were missing. A PostgreSQL database may be
/// empty: it gets its mode and key ring from the first server.
pub async fn migrate(place: &Place) -> Result<Vec<String>, SetupError> {
    let Some((db, notes)) = look(place).await? else {
        return Err(SetupError::Nothing(place.data.display().to_string()));
    };
    if let Some(fingerprint) = &notes.key_ring {
        load_ring(&place.data)?.matches(fingerprint)?;
    }
    Ok(db.migrate().await?)
}

/// Connects to an existing database and reads what it says about itself. `None` when there is no SQLite file.
async fn look(place: &Place) -> Result<Option<(Db, Notes)>, SetupError> {
    let db = match &place.database {
        Some(url) => Db::open_postgres(url.expose()).await?,
        None if place.sqlite().exists() => Db::open_sqlite(&place.sqlite()).await?,
        None => return Ok(None),
    };
    let mode = match meta::get(&db, MODE).await {
        // There is no such table: nothing was ever set up here.
        Err(StoreError::Statement(_)) => return Ok(Some((db, Notes::default()))),
        mode => mode?,
    };
    let key_ring = meta::get(&db, KEY_RING).await?;
    Ok(Some((db, Notes { mode, key_ring })))
}

/// The mode that a folder has or gets.
fn decide(place: &Place, want: Want, is: Option<Mode>) -> Result<Mode, SetupError> {
    let shown = || match &place.database {
        Some(_) => "this database".to_owned(),
        None => place.data.display().to_string(),
    };
    match (want, is) {
        (Want::Existing, None) => Err(SetupError::Nothing(shown())),
        (Want::Existing | Want::EitherElse(_), Some(is)) => Ok(is),
        (Want::EitherElse(mode) | Want::Mode(mode), None) => Ok(mode),
        (Want::Mode(mode), Some(is)) if mode == is => Ok(mode),
        (Want::Mode(_), Some(is)) => Err(SetupError::OtherMode {
            place: shown(),
            is,
            advice: "name another folder with --data",
        }),
    }
}

/// The ring's file: in a folder of its own, so that backups of the data folder can leave it out.
fn ring_path(data: &Path) -> PathBuf {
    let named = std::env::var_os(KEY_RING_FILE_VARIABLE).filter(|path| !path.is_empty());
    named.map_or_else(|| data.join("keys").join("key-ring"), PathBuf::from)
}

fn load_ring(data: &Path) -> Result<KeyRing, VaultError> {
    match ring_from_environment()? {
        Some(ring) => Ok(ring),
        None => KeyRing::load(&ring_path(data)),
    }
}

/// For a database in which nothing was sealed yet.
fn load_or_make_ring(data: &Path) -> Result<(KeyRing, Option<PathBuf>), VaultError> {
    if let Some(ring) = ring_from_environment()? {
        return Ok((ring, None));
    }
    let path = ring_path(data);
    match KeyRing::load(&path) {
        Err(VaultError::RingMissing { .. }) => {
            let ring = KeyRing::create(
                &path,
                &mut |bytes| OsRandom.fill(bytes),
                MachineClock.now_ms(),
            )?;
            Ok((ring, Some(path)))
        }
        loaded => Ok((loaded?, None)),
    }
}

fn ring_from_environment() -> Result<Option<KeyRing>, VaultError> {
    match std::env::var(KEY_RING_VARIABLE).map(Zeroizing::new) {
        Ok(text) if !text.is_empty() => KeyRing::from_text(&text).map(Some),
        _ => Ok(None),
    }
}

/// Puts an engine on an open folder.
pub async fn engine(opened: Opened, settings: Settings) -> Result<Engine, SetupError> {
    let clock = DatabaseClock::start(&opened.db, ports::local_ms).await?;
    let guard = Guard {
        loopback: settings.sandbox,
        networks: settings.webhook_networks.clone(),
        ports: settings.webhook_ports.clone(),
    };
    let wire = HttpWire::guarded(guard).map_err(|error| SetupError::Wire(error.to_string()))?;
    Ok(Engine::new(
        opened.db,
        opened.vault,
        Arc::new(wire),
        Arc::new(clock),
        Arc::new(OsRandom),
        settings,
    ))
}

/// Whether a PG's own script runs in its window pages.
pub fn brings_script(provider: &str) -> bool {
    let profile = dangol_gateway::find(provider).map(|entry| entry.gateway.profile());
    profile.is_some_and(|profile| profile.pc.script || profile.mobile.script)
}

/// What to do about a PG's script in live.
pub fn window_url_missing(provider: &str) -> String {
    format!(
        "{provider} runs a script of its own in the payment window, which gets an origin where nothing else is: name \
         one with window_url in dangol.toml, DANGOL_WINDOW_URL or `serve --window-url` (another host name of this server)"
    )
}

/// Refuses channels that do not belong into a folder of this mode, and windows that would not be safe.
pub async fn check_channels(engine: &Engine, mode: Mode) -> Result<(), SetupError> {
    let settings = &engine.settings;
    for merchant in merchants::all(&engine.db).await? {
        for channel in channels::of_merchant(&engine.db, &merchant.merchant).await? {
            let named = format!(
                "{} {} of {}",
                channel.provider, channel.pg_id, merchant.merchant
            );
            if channel.sandbox != (mode == Mode::Sandbox) {
                let text = format!(
                    "the channel {named} does not belong into a {} folder: remove it",
                    mode.name()
                );
                return Err(SetupError::Channel(text));
            }
            let shared = settings.script_window_url == settings.public_url;
            let window = channel.kind == Kind::Payment.v1();
            if mode == Mode::Live && shared && window && brings_script(&channel.provider) {
                return Err(SetupError::Channel(window_url_missing(&channel.provider)));
            }
        }
    }
    Ok(())
}
