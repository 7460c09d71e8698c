//! The connector against transcripts and against what must not be believed.

mod after;
mod charge;
mod scrub;
mod status;
pub(super) mod support;
mod window;
