//! `shim.c`: a disk that fills up, a page store that fails to read, and a clock that jumps.

use super::bureau::Bureau;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A bad machine under a bureau.
pub struct BadMachine {
    orders: PathBuf,
}

impl BadMachine {
    /// Puts it under every role that starts from now on; it behaves until told otherwise.
    pub fn under(bureau: &mut Bureau) -> Self {
        let orders = bureau.aside("bad-disk");
        std::fs::create_dir(&orders).unwrap();
        let library = orders.join("shim.so");
        build(&library);
        bureau.set("LD_PRELOAD", &library.display().to_string());
        bureau.set("BAD_DISK", &orders.display().to_string());
        bureau.set("BAD_DISK_ROOT", &bureau.data.display().to_string());
        Self { orders }
    }

    /// Sets the clock of all roles: so many seconds from the right time.
    pub fn set_clock(&self, offset: i64) {
        let next = self.orders.join("clock.next");
        std::fs::write(&next, offset.to_string()).unwrap();
        std::fs::rename(next, self.orders.join("clock")).unwrap();
    }

    /// Nothing can be written any more.
    pub fn fill(&self) {
        std::fs::write(self.orders.join("full"), "").unwrap();
    }

    /// There is room again.
    pub fn free(&self) {
        std::fs::remove_file(self.orders.join("full")).unwrap();
    }

    /// Every tenth reading of a picture fails.
    pub fn fail_every_tenth_read(&self) {
        std::fs::write(self.orders.join("tenth"), "").unwrap();
    }
}

fn build(library: &Path) {
    let source = crate::harness::root().join("tests/faults/shim.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(library).arg(source).arg("-ldl");
    let built = compiler.output().expect("a C compiler (cc) is installed: the program's own build needs it");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}
