//! The file of a key ring: for its owner alone, never overwritten, on the disk before it is used.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::VaultError;

/// Longer files are not read: a ring of a hundred keys needs a tenth of this.
const LENGTH_MAX: usize = 128 * 1024;

/// Reads the file's text, if it belongs to its owner alone.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, VaultError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => VaultError::RingMissing { place: shown(path) },
        _ => io_error("read", path, source),
    };
    let wrong = |problem: &str| VaultError::RingText {
        place: shown(path),
        problem: problem.to_owned(),
    };
    // Looked at before it is opened, because opening a pipe waits for its other end.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(wrong("it is not a file"));
    }
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file, so that what was checked is what is read.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::RingReadable {
            place: shown(path),
            mode,
        });
    }
    // Room for everything from the start: a buffer that grows leaves pieces of itself behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH_MAX + 1));
    let limit = LENGTH_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LENGTH_MAX {
        return Err(wrong("it is too long to be a key ring"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Writes a new file. When this fails there is no file, or somebody else's is untouched.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), VaultError> {
    let folder = folder_of(path);
    let failed = |source| io_error("create", path, source);
    let made = make_folders(folder).map_err(failed)?;
    let mode = fs::metadata(folder).map_err(failed)?.permissions().mode();
    if mode & 0o002 != 0 {
        return Err(VaultError::FolderWritable {
            place: shown(folder),
        });
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => VaultError::RingExists { place: shown(path) },
            _ => failed(source),
        })?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_folders(folder, &made));
    written.map_err(|source| {
        // The file is ours and nothing was sealed under it. That it may stay behind changes nothing:
        // the error that is reported is the first one.
        let _ = fs::remove_file(path);
        failed(source)
    })
}

/// Makes the folder and its parents where they are missing, mode 0700, and says which were made.
fn make_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let missing = folder
        .ancestors()
        .take_while(|f| !f.as_os_str().is_empty() && !f.exists());
    let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    Ok(missing)
}

/// Brings the folder's entries to the disk, and the entry of each folder that was made.
fn sync_folders(folder: &Path, made: &[PathBuf]) -> io::Result<()> {
    File::open(folder)?.sync_all()?;
    for new in made {
        File::open(folder_of(new))?.sync_all()?;
    }
    Ok(())
}

/// The folder that a path lies in; a bare name lies in the current one.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> VaultError {
    VaultError::RingIo {
        action,
        place: shown(path),
        source,
    }
}
