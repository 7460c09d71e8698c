//! The sandbox's memory: one append-only file of JSON lines. A line holds a deed for the journal, a record of the simulator
//! that wrote it, or both, and is whole or not there. One thread writes: while it syncs, further lines gather, and
//! they go out together, so that the number of syncs does not follow the number of charges.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::journal::{Deed, Entry, Query};

mod writer;

/// One line as it is written.
#[derive(Serialize)]
struct LineOut<'a, R> {
    pg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deed: Option<&'a Deed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a R>,
}

/// One line as it is read back.
#[derive(Deserialize)]
struct LineIn<R> {
    pg: String,
    #[serde(default = "nothing")]
    deed: Option<Deed>,
    #[serde(default = "nothing")]
    record: Option<R>,
}

fn nothing<T>() -> Option<T> {
    None
}

/// Where an entry of the journal stands, and enough to find it without reading it.
#[derive(Clone, Copy)]
struct Mark {
    offset: u64,
    length: u32,
    order_hash: u32,
    pg: u8,
}

/// The marks of all synced entries: entry `seq` is at `seq - 1`.
#[derive(Default)]
struct Index {
    pgs: Vec<String>,
    marks: Vec<Mark>,
}

impl Index {
    fn pg(&mut self, name: &str) -> u8 {
        let found = self.pgs.iter().position(|pg| pg == name);
        let at = found.unwrap_or_else(|| {
            self.pgs.push(name.to_owned());
            self.pgs.len() - 1
        });
        u8::try_from(at).expect("a sandbox has a handful of providers")
    }
}

/// The file and its writer.
pub(super) struct Ledger {
    path: PathBuf,
    file: Arc<File>,
    index: Arc<Mutex<Index>>,
    /// `None` only while the ledger is closed.
    appends: Option<Sender<writer::Append>>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Ledger {
    /// Waits until everything sent is written, so that the file is free afterwards.
    fn drop(&mut self) {
        self.appends = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing more to say.
            let _ = writer.join();
        }
    }
}

impl Ledger {
    /// Opens or makes the file, cuts a torn last line, and reads the marks of the journal.
    pub(super) fn open(path: &Path) -> io::Result<Ledger> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = options.open(path)?;
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => {
                let text = format!("{} is in use by another process", path.display());
                io::Error::new(io::ErrorKind::ResourceBusy, text)
            }
            std::fs::TryLockError::Error(error) => error,
        })?;
        let mut index = Index::default();
        let length = read_marks(path, &file, &mut index)?;
        if file.metadata()?.len() != length {
            file.set_len(length)?;
        }
        file.sync_all()?;
        sync_folder(path)?;
        let (file, index) = (Arc::new(file), Arc::new(Mutex::new(index)));
        let (appends, received) = channel();
        let writer = writer::start(Arc::clone(&file), Arc::clone(&index), length, received)?;
        Ok(Ledger {
            path: path.to_owned(),
            file,
            index,
            appends: Some(appends),
            writer: Some(writer),
        })
    }

    pub(super) async fn append<R: Serialize>(
        &self,
        pg: &'static str,
        deed: Option<Deed>,
        record: Option<&R>,
    ) -> io::Result<()> {
        let (reply, done) = tokio::sync::oneshot::channel();
        self.send(pg, deed, record, writer::Reply::Async(reply))?;
        done.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) fn append_blocking<R: Serialize>(
        &self,
        pg: &'static str,
        deed: Option<Deed>,
        record: Option<&R>,
    ) -> io::Result<()> {
        let (reply, done) = channel();
        self.send(pg, deed, record, writer::Reply::Blocking(reply))?;
        done.recv().unwrap_or_else(|_| Err(closed()))
    }

    fn send<R: Serialize>(
        &self,
        pg: &'static str,
        deed: Option<Deed>,
        record: Option<&R>,
        reply: writer::Reply,
    ) -> io::Result<()> {
        let mut line = serde_json::to_vec(&LineOut {
            pg,
            deed: deed.as_ref(),
            record,
        })?;
        line.push(b'\n');
        let entry = deed.map(|deed| (pg, order_hash(deed.order_id.as_deref())));
        let appends = self.appends.as_ref().ok_or_else(closed)?;
        appends
            .send(writer::Append { line, entry, reply })
            .map_err(|_| closed())
    }

    pub(super) fn entries(&self, query: &Query) -> io::Result<Vec<Entry>> {
        let wanted = self.find(query);
        let mut entries = Vec::new();
        let mut line = Vec::new();
        for (seq, mark) in wanted {
            if query.limit.is_some_and(|limit| entries.len() >= limit) {
                break;
            }
            line.resize(mark.length as usize, 0);
            self.file.read_exact_at(&mut line, mark.offset)?;
            let LineIn::<IgnoredAny> { pg, deed, .. } = serde_json::from_slice(&line)?;
            let Some(deed) = deed else { continue };
            // Marks hold a hash; the line decides.
            if query.order_id.is_none() || query.order_id == deed.order_id {
                entries.push(Entry { seq, pg, deed });
            }
        }
        Ok(entries)
    }

    /// The marks that may match, with their numbers.
    fn find(&self, query: &Query) -> Vec<(u64, Mark)> {
        let index = lock(&self.index);
        let pg = match &query.pg {
            None => None,
            Some(name) => match index.pgs.iter().position(|pg| pg == name) {
                None => return Vec::new(),
                position => position,
            },
        };
        let order = query.order_id.as_deref().map(|id| order_hash(Some(id)));
        let start = usize::try_from(query.after)
            .unwrap_or(usize::MAX)
            .min(index.marks.len());
        let matching = |mark: &&Mark| {
            pg.is_none_or(|pg| usize::from(mark.pg) == pg)
                && order.is_none_or(|order| mark.order_hash == order)
        };
        // A hash can match another order, so a limit on orders is applied after reading.
        let limit = if order.is_some() {
            usize::MAX
        } else {
            query.limit.unwrap_or(usize::MAX)
        };
        let numbered = (start as u64 + 1..).zip(&index.marks[start..]);
        numbered
            .filter(|(_, mark)| matching(mark))
            .take(limit)
            .map(|(seq, mark)| (seq, *mark))
            .collect()
    }

    pub(super) fn replay<R: DeserializeOwned>(
        &self,
        pg: &str,
        mut tell: impl FnMut(Option<Entry>, Option<R>) -> io::Result<()>,
    ) -> io::Result<()> {
        let prefix = format!("{{\"pg\":\"{pg}\",");
        let mut reader = BufReader::new(File::open(&self.path)?);
        let (mut seq, mut offset) = (0, 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)? as u64;
            if length == 0 {
                return Ok(());
            }
            // The marks know which lines hold deeds, so lines of others need no parse.
            let next_deed = lock(&self.index)
                .marks
                .get(seq as usize)
                .map(|mark| mark.offset);
            seq += u64::from(next_deed == Some(offset));
            offset += length;
            if line.starts_with(prefix.as_bytes()) {
                let LineIn { pg, deed, record } = serde_json::from_slice::<LineIn<R>>(&line)?;
                tell(deed.map(|deed| Entry { seq, pg, deed }), record)?;
            }
        }
    }
}

/// Reads the marks of all whole lines and returns where they end. Only the last line may be torn.
fn read_marks(path: &Path, file: &File, index: &mut Index) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    reader.seek(SeekFrom::Start(0))?;
    let mut offset = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            return Ok(offset);
        }
        match serde_json::from_slice::<LineIn<IgnoredAny>>(&line) {
            Ok(LineIn { pg, deed, .. }) if line.ends_with(b"\n") => {
                if let Some(deed) = deed {
                    let (pg, order_hash) = (index.pg(&pg), order_hash(deed.order_id.as_deref()));
                    index.marks.push(Mark {
                        offset,
                        length: length as u32,
                        order_hash,
                        pg,
                    });
                }
            }
            _ => {
                let mut rest = Vec::new();
                reader.read_to_end(&mut rest)?;
                if rest.contains(&b'{') {
                    let text = format!("{} is damaged at byte {offset}", path.display());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, text));
                }
                return Ok(offset);
            }
        }
        offset += length;
    }
}

/// A new file's name must be as durable as its lines.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn order_hash(order_id: Option<&str>) -> u32 {
    let mut hasher = DefaultHasher::new();
    order_id.hash(&mut hasher);
    hasher.finish() as u32
}

fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> io::Error {
    io::Error::new(
        io::ErrorKind::BrokenPipe,
        "the sandbox's ledger takes no more lines",
    )
}

#[cfg(test)]
mod tests;
