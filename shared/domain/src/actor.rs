//! 操作者. Who wrote something, and from where.

use crate::ids::StaffId;
use serde::{Deserialize, Serialize};

/// 操作者. Goes with every write; the time is passed beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The staff account, or `system`.
    pub staff: StaffId,
    /// 端末. The machine it came from: an address, a host, or the role of the program (`matcher`).
    pub terminal: String,
}

impl Actor {
    /// A person at a terminal.
    pub fn new(staff: impl Into<StaffId>, terminal: impl Into<String>) -> Self {
        Self { staff: staff.into(), terminal: terminal.into() }
    }

    /// The program itself in one of its roles, such as `matcher`.
    pub fn system(role: &str) -> Self {
        Self::new("system", role)
    }
}
