//! `yomitori unseal`: a sealed scan or picture as it came.

use crate::cli::UnsealArgs;
use crate::commands::import;
use crate::config::Config;
use crate::hub;
use anyhow::Result;
use domain::access::Act;
use jiff::Timestamp;
use pages::sealed_file;
use store::Access;

/// Runs it. Taking a scan out is noted in the access log; where there is no data directory (a key and a file from a
/// backup on another machine), there is no log.
pub fn run(config: &Config, args: &UnsealArgs) -> Result<()> {
    if config.data_dir.join("yomitori.db").is_file() {
        let reason = Some(args.reason.as_str()).filter(|reason| !reason.trim().is_empty());
        let taken = Access { act: Act::Export, screen: "unseal", reason, residents: &[], page: None };
        let store = hub::open_store(config)?;
        store.write(|rows| rows.trace(&taken, &import::actor(), Timestamp::now()))?;
    }
    let keys = config.keys.as_ref().map(|keys| &keys.pictures);
    sealed_file::unseal_file(&args.file, &args.out, keys)?;
    eprintln!("{}: delete it when it is no longer needed", args.out.display());
    Ok(())
}
