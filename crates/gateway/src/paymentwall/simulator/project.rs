//! A merchant's project: its keys, and who it is that calls.

use std::io;

use super::Paymentwall;
use super::book::Project;
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::signature;
use crate::sandbox::World;

/// The project that Paymentwall publishes for trying things out: its key, its secret key, and Brick's public and private key.
const PUBLISHED: [&str; 4] = [
    "c22f895840bf2391f67a40da64bfed26",
    "a7408723eaf4bfa2e3ac49b3cb695046",
    "t_33c1806e0daf60fc31f2167f0e4d59",
    "t_85c66c2d7461e8885805f92dfd171c",
];
/// How long Brick's keys are, without the `t_` of keys for tests.
const BRICK_KEY_CHARS: usize = 30;

impl Project {
    /// A new project; the published one has its published keys.
    ///
    /// # Errors
    /// `InvalidInput` when the key cannot be a project's.
    pub fn make(key: &str, world: &World) -> io::Result<Project> {
        let good = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if key.len() != 32 || !key.bytes().all(good) {
            let text = "a project key is 32 hex digits in lower case, such as c22f895840bf2391f67a40da64bfed26";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let [published, secret, public, private] = PUBLISHED.map(str::to_owned);
        if key == published {
            return Ok(Project {
                key: published,
                secret,
                public,
                private,
            });
        }
        let brick_key = || format!("t_{}", &world.random_hex()[..BRICK_KEY_CHARS]);
        Ok(Project {
            key: key.to_owned(),
            secret: world.random_hex(),
            public: brick_key(),
            private: brick_key(),
        })
    }
}

impl Paymentwall {
    /// The project that a call names and that signed it.
    ///
    /// # Errors
    /// When there is no such project, or the signature is not its.
    pub(super) fn signed_by(&self, fields: &Fields) -> Result<Project, Refusal> {
        let key = fields.required("key")?;
        let found = self.book().project(|project| project.key == key).cloned();
        let project = found.ok_or(Refusal::of(codes::NO_PROJECT, "key"))?;
        match signature::is_signed(fields, &project.secret) {
            true => Ok(project),
            false => Err(Refusal::of(codes::NO_PERMISSION, "sign")),
        }
    }

    /// The project whose private key a call brings.
    ///
    /// # Errors
    /// When there is no key or nobody has it.
    pub(super) fn with_private_key(&self, key: Option<&str>) -> Result<Project, Refusal> {
        self.with_key(key, |project| &project.private)
    }

    /// The project whose secret key a call brings in the same place.
    ///
    /// # Errors
    /// When there is no key or nobody has it.
    pub(super) fn with_secret_key(&self, key: Option<&str>) -> Result<Project, Refusal> {
        self.with_key(key, |project| &project.secret)
    }

    fn with_key(
        &self,
        key: Option<&str>,
        of: impl Fn(&Project) -> &String,
    ) -> Result<Project, Refusal> {
        let key = key
            .filter(|key| !key.is_empty())
            .ok_or(Refusal::new(codes::NO_API_KEY))?;
        let book = self.book();
        let found = book.project(|project| of(project) == key);
        found.cloned().ok_or(Refusal::new(codes::WRONG_API_KEY))
    }
}
