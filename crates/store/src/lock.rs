//! One server per data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::StoreError;

/// Held while the long-running server lives; let go when dropped or when the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Claims the data folder `dir` for this process by an advisory lock on `dir/server.lock`.
///
/// Short commands do not take it: SQLite's own locks serve them.
///
/// # Errors
/// [`StoreError::Locked`] with the other process's id when a server already runs on the folder;
/// [`StoreError::File`] when the file cannot be written.
pub fn lock(dir: &Path) -> Result<Lock, StoreError> {
    let path = dir.join("server.lock");
    let failed = |error: std::io::Error| StoreError::File {
        path: path.clone(),
        reason: error.to_string(),
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Not fatal: the message only says less.
            let _ = file.read_to_string(&mut pid);
            return Err(StoreError::Locked {
                dir: dir.to_owned(),
                pid: if pid.is_empty() { "?".to_owned() } else { pid },
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    write!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Lock { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_server_learns_who_holds_the_folder() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let first = lock(dir.path()).expect("nobody holds it");
        let error = lock(dir.path()).expect_err("the first one holds it");
        let pid = std::process::id().to_string();
        assert!(matches!(&error, StoreError::Locked { pid: p, .. } if *p == pid));
        assert!(error.to_string().contains(&pid));
        drop(first);
        lock(dir.path()).expect("it was let go");
    }
}
