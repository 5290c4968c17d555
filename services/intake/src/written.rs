//! Whether somebody is still writing a file, as far as the system can tell.

use crate::names;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

/// What can be told about a file that has stopped growing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nobody seems to write it.
    Free,
    /// A writer has it open or locked.
    Writer,
    /// We may not read it (yet: some scanners set the rights last).
    Forbidden,
    /// It is gone.
    Gone,
}

/// Looks for a lock file beside it, a lock on it, and for anybody who has it open for writing.
pub(crate) fn hold_on(path: &Path) -> Hold {
    let partners = path.file_name().map(names::partner_locks).into_iter().flatten();
    if partners.into_iter().any(|partner| path.with_file_name(partner).exists()) {
        return Hold::Writer;
    }
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Hold::Gone,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Hold::Forbidden,
        // Whatever else is wrong shows when it is read.
        Err(_) => Hold::Free,
        Ok(file) if locked(&file) || open_for_writing(&file) => Hold::Writer,
        Ok(_) => Hold::Free,
    }
}

/// Somebody else holds a lock; file systems without locks tell nothing.
fn locked(file: &File) -> bool {
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// A read lease is granted only while no process of this machine has the file open for writing: a scanner
/// service or a file server that pauses between two pages is still seen. Elsewhere (shares) it tells nothing.
#[cfg(target_os = "linux")]
fn open_for_writing(file: &File) -> bool {
    use std::os::fd::AsRawFd;
    /// `asm-generic/fcntl.h` of Linux: which signal announces that a lease is wanted back.
    const F_SETSIG: libc::c_int = 10;
    let fd = file.as_raw_fd();
    // A writer who comes at this very moment would be announced by SIGIO, which ends the process; SIGURG is ignored.
    // SAFETY: plain integer commands on a descriptor that is open for the whole call; no memory is passed.
    let lease = unsafe {
        if libc::fcntl(fd, F_SETSIG, libc::SIGURG) == -1 {
            return false;
        }
        libc::fcntl(fd, libc::F_SETLEASE, libc::F_RDLCK)
    };
    if lease == -1 {
        return std::io::Error::last_os_error().kind() == ErrorKind::WouldBlock;
    }
    // SAFETY: as above. Closing the file would end the lease too; a failure changes nothing.
    unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_UNLCK) };
    false
}

#[cfg(not(target_os = "linux"))]
fn open_for_writing(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_free_when_every_writer_has_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scan 1.tif");
        assert_eq!(hold_on(&path), Hold::Gone);
        fs::write(&path, b"page").unwrap();
        assert_eq!(hold_on(&path), Hold::Free);

        for partner in ["scan 1.tif.lock", ".~lock.scan 1.tif#"] {
            fs::write(path.with_file_name(partner), b"").unwrap();
            assert_eq!(hold_on(&path), Hold::Writer, "{partner}");
            fs::remove_file(path.with_file_name(partner)).unwrap();
        }

        let locker = File::open(&path).unwrap();
        locker.lock().unwrap();
        assert_eq!(hold_on(&path), Hold::Writer);
        drop(locker);

        let reader = File::open(&path).unwrap();
        assert_eq!(hold_on(&path), Hold::Free, "a viewer does not disturb");
        drop(reader);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_writer_that_pauses_is_still_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scan.tif");
        let writer = File::create(&path).unwrap();
        assert_eq!(hold_on(&path), Hold::Writer);
        drop(writer);
        assert_eq!(hold_on(&path), Hold::Free);
    }
}
