//! The one thread that writes the ledger.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::{Index, Mark, lock};

/// How many lines one sync covers at most.
const GROUP_MAX: usize = 4096;

/// A line to be written.
pub(super) struct Append {
    /// Its bytes, with the line feed.
    pub(super) line: Vec<u8>,
    /// When it holds a deed: the provider and the hash of its order number.
    pub(super) entry: Option<(&'static str, u32)>,
    /// Who waits for it.
    pub(super) reply: Reply,
}

/// Who waits for a line.
pub(super) enum Reply {
    Async(tokio::sync::oneshot::Sender<io::Result<()>>),
    Blocking(std::sync::mpsc::Sender<io::Result<()>>),
}

impl Reply {
    /// Whoever hung up meanwhile does not need to know.
    fn send(self, result: io::Result<()>) {
        match self {
            Reply::Async(waiting) => drop(waiting.send(result)),
            Reply::Blocking(waiting) => drop(waiting.send(result)),
        }
    }
}

struct Writer {
    file: Arc<File>,
    index: Arc<Mutex<Index>>,
    length: u64,
    /// Set when the file's end is no longer known: nothing may be written after that.
    broken: bool,
}

/// Starts the thread. It ends when the last sender is gone and everything sent is written.
pub(super) fn start(
    file: Arc<File>,
    index: Arc<Mutex<Index>>,
    length: u64,
    received: Receiver<Append>,
) -> io::Result<JoinHandle<()>> {
    let mut writer = Writer {
        file,
        index,
        length,
        broken: false,
    };
    let run = move || {
        let mut group = Vec::new();
        while let Ok(first) = received.recv() {
            group.push(first);
            while group.len() < GROUP_MAX
                && let Ok(next) = received.try_recv()
            {
                group.push(next);
            }
            writer.write_group(&mut group);
        }
    };
    std::thread::Builder::new()
        .name("sandbox-ledger".to_owned())
        .spawn(run)
}

impl Writer {
    fn write_group(&mut self, group: &mut Vec<Append>) {
        if let Err(error) = self.write_and_sync(group) {
            tracing::error!(%error, "the sandbox's ledger cannot be written");
            for append in group.drain(..) {
                append
                    .reply
                    .send(Err(io::Error::new(error.kind(), error.to_string())));
            }
            return;
        }
        let mut index = lock(&self.index);
        for append in group.iter() {
            let length = append.line.len();
            if let Some((pg, order_hash)) = append.entry {
                let pg = index.pg(pg);
                index.marks.push(Mark {
                    offset: self.length,
                    length: length as u32,
                    order_hash,
                    pg,
                });
            }
            self.length += length as u64;
        }
        drop(index);
        for append in group.drain(..) {
            append.reply.send(Ok(()));
        }
    }

    fn write_and_sync(&mut self, group: &[Append]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other(
                "an earlier write to the sandbox's ledger failed; restart the sandbox",
            ));
        }
        let bytes: Vec<u8> = group
            .iter()
            .flat_map(|append| append.line.iter().copied())
            .collect();
        let mut file = &*self.file;
        if let Err(error) = file.write_all(&bytes) {
            // Part of the group may be there; without cutting it off, the next line would be glued to it.
            self.broken = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        // After a failed sync nobody knows what the disk holds.
        self.file.sync_data().inspect_err(|_| self.broken = true)
    }
}
