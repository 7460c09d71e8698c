//! The key ring: the keys that wrap data keys, and the secret behind keyed hashes.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{VaultError, ring_file, ring_text};

/// 32 bytes that are wiped when dropped.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// A key that wraps data keys.
pub(crate) struct WrappingKey {
    /// Stands in every data key that this key wrapped.
    pub(crate) id: String,
    pub(crate) bytes: KeyBytes,
    pub(crate) created_at_ms: i64,
}

/// The keys that wrap data keys (one is active, older ones still open what they wrapped), and the server
/// secret. It lives in a file or in the environment, apart from the database and its backups: whoever holds
/// both can read every billing key, and whoever loses it loses them all.
///
/// It has no `Debug`, and its keys are wiped when it is dropped.
pub struct KeyRing {
    /// The path or the variable that it came from, for messages.
    pub(crate) place: String,
    /// Never empty, ids unique.
    pub(crate) keys: Vec<WrappingKey>,
    /// The index of the key that wraps new data keys.
    pub(crate) active: usize,
    pub(crate) server_secret: KeyBytes,
}

impl KeyRing {
    /// Makes a ring with one key and writes it to a new file with mode 0600, making its folder with mode 0700
    /// where it is missing. File and folder have reached the disk when this returns.
    ///
    /// `random` fills its argument with uniformly random bytes; `now_ms` is unix time in milliseconds.
    ///
    /// # Errors
    /// [`VaultError::RingExists`] when there is any file already; [`VaultError::FolderWritable`] when every user
    /// can write to the folder; [`VaultError::RingIo`].
    pub fn create(
        path: &Path,
        random: &mut dyn FnMut(&mut [u8]),
        now_ms: i64,
    ) -> Result<KeyRing, VaultError> {
        let mut id = [0; 4];
        random(&mut id);
        let mut key = WrappingKey {
            id: format!("k{}", hex(&id)),
            bytes: Zeroizing::new([0; 32]),
            created_at_ms: now_ms,
        };
        random(&mut *key.bytes);
        let mut server_secret = Zeroizing::new([0; 32]);
        random(&mut *server_secret);
        let ring = KeyRing {
            place: path.display().to_string(),
            keys: vec![key],
            active: 0,
            server_secret,
        };
        ring_file::write_new(path, &ring_text::write(&ring))?;
        Ok(ring)
    }

    /// Reads a ring from its file.
    ///
    /// # Errors
    /// [`VaultError::RingMissing`]; [`VaultError::RingReadable`] when group or others have any right to it;
    /// [`VaultError::RingText`] when it is not a key ring; [`VaultError::RingIo`].
    pub fn load(path: &Path) -> Result<KeyRing, VaultError> {
        let text = ring_file::read(path)?;
        ring_text::read(&text, &path.display().to_string())
    }

    /// Reads a ring from the text of the environment variable [`KEY_RING_VARIABLE`](crate::KEY_RING_VARIABLE),
    /// which is the text of a ring's file.
    ///
    /// # Errors
    /// [`VaultError::RingText`] when it is not a key ring.
    pub fn from_text(text: &str) -> Result<KeyRing, VaultError> {
        ring_text::read(text, ring_text::KEY_RING_VARIABLE)
    }

    /// A public text that tells this ring from others and gives nothing away: a check value for the server
    /// secret and for each key. It is stored in the database, for [`KeyRing::matches`].
    pub fn fingerprint(&self) -> String {
        let mut text = format!(
            "v1 secret:{}",
            check_value(&self.server_secret, SECRET_CHECK)
        );
        for key in &self.keys {
            text.push_str(&format!(
                " {}:{}",
                key.id,
                check_value(&key.bytes, KEY_CHECK)
            ));
        }
        text
    }

    /// Whether this ring can open what was sealed when `stored` was its fingerprint: the same server secret, and
    /// each of the keys of that time. It may hold newer keys as well. To be asked before anything is touched.
    ///
    /// # Errors
    /// [`VaultError::RingOfAnother`] says which key is missing or differs, by its id.
    pub fn matches(&self, stored: &str) -> Result<(), VaultError> {
        let other = |problem: String| VaultError::RingOfAnother {
            place: self.place.clone(),
            problem,
        };
        let unreadable = || other("the database's note about its key ring cannot be read".into());
        let entries = stored
            .strip_prefix("v1 secret:")
            .ok_or_else(unreadable)?
            .split(' ');
        for (n, entry) in entries.enumerate() {
            if n == 0 {
                if entry != check_value(&self.server_secret, SECRET_CHECK) {
                    return Err(other("its server secret differs".into()));
                }
                continue;
            }
            let (id, value) = entry.split_once(':').ok_or_else(unreadable)?;
            if !ring_text::is_id(id) {
                return Err(unreadable());
            }
            match self.key(id) {
                None => return Err(other(format!("it does not hold the key {id:?}"))),
                Some(key) if check_value(&key.bytes, KEY_CHECK) != value => {
                    return Err(other(format!("its key {id:?} is another one")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The id of the key that wraps new data keys.
    pub fn active_id(&self) -> &str {
        &self.active().id
    }

    /// When the active key was made, unix time in milliseconds: what a warning about its age needs.
    pub fn active_since_ms(&self) -> i64 {
        self.active().created_at_ms
    }

    pub(crate) fn active(&self) -> &WrappingKey {
        &self.keys[self.active]
    }

    pub(crate) fn key(&self, id: &str) -> Option<&WrappingKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

const KEY_CHECK: &[u8] = b"dangol key check";
const SECRET_CHECK: &[u8] = b"dangol server secret check";

/// Eight bytes of an HMAC, in hex: enough to notice another key, useless for finding one.
fn check_value(key: &KeyBytes, label: &[u8]) -> String {
    hex(&hmac(key, &[label])[..8])
}

/// HMAC-SHA-256 over the concatenated parts.
pub(crate) fn hmac(key: &KeyBytes, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&**key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
