//! `YOMITORI_PAGES` -> an engine.

use crate::{Folder, PageStore, PagesError};
use std::path::Path;
use std::sync::Arc;

/// Folder name of the default store in the data directory.
const DEFAULT_FOLDER: &str = "pages";

/// Opens the store at `address`: `file:` or nothing (`pages/` in `data_dir`), or `file:PATH`.
pub fn open(address: &str, data_dir: &Path) -> Result<Arc<dyn PageStore>, PagesError> {
    let root = match address.strip_prefix("file:") {
        Some("") => data_dir.join(DEFAULT_FOLDER),
        // `file:///srv/pages` is the same as `file:/srv/pages`.
        Some(path) => data_dir.join(path.strip_prefix("//").unwrap_or(path)),
        None if address.is_empty() => data_dir.join(DEFAULT_FOLDER),
        None => return Err(refused(address)),
    };
    Ok(Arc::new(Folder::open(&root)?))
}

fn refused(address: &str) -> PagesError {
    let problem = if address.starts_with("s3:") { "built into this version" } else { "a page store" };
    // Keys may stand before the host: error texts end up in logs.
    let address = match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => address.to_owned(),
    };
    PagesError::Address { address, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_says_where_the_pictures_lie() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        for (address, root) in [
            (String::new(), dir.path().join("pages")),
            ("file:".into(), dir.path().join("pages")),
            ("file:other".into(), dir.path().join("other")),
            (format!("file://{}", elsewhere.display()), elsewhere.clone()),
        ] {
            open(&address, dir.path()).unwrap().put(b"picture".to_vec(), "png").await.unwrap();
            assert!(std::fs::read_dir(root).unwrap().next().is_some(), "{address}");
        }
    }

    #[test]
    fn an_unknown_store_is_refused_without_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |address| open(address, dir.path()).err().unwrap().to_string();
        let text = refused("s3://key:secret@bucket/pages");
        assert!(text.contains("s3://***@bucket/pages is not built into this version"), "{text}");
        assert!(refused("ftp://x").contains("is not a page store"));
        assert!(refused("ftp://x").contains("file:"));
    }
}
