//! `YOMITORI_PAGES` -> an engine.

use crate::engine::Engine;
use crate::s3::{Access, S3};
use crate::{Folder, PageStore, PagesError, Pictures};
use domain::key::Keyring;
use std::path::Path;
use std::sync::Arc;

/// Folder name of the default store in the data directory.
const DEFAULT_FOLDER: &str = "pages";

/// Opens the store at `address`: `file:` or nothing (`pages/` in `data_dir`), `file:PATH`, or `s3://BUCKET/PREFIX` with
/// server and keys from the environment ([`Access::from_environment`]). With `keys`, pictures are sealed.
///
/// # Errors
/// `address` is no store, the folder cannot be made, or the environment says too little or something impossible. A
/// server that is away is no error here: it may come back.
pub fn open(
    address: &str,
    data_dir: &Path,
    keys: Option<&Keyring>,
) -> Result<Arc<dyn PageStore>, PagesError> {
    Ok(Arc::new(open_pictures(address, data_dir, keys)?))
}

/// As [`open`], for those who look at how pictures lie there.
///
/// # Errors
/// As [`open`].
pub fn open_pictures(address: &str, data_dir: &Path, keys: Option<&Keyring>) -> Result<Pictures, PagesError> {
    Ok(Pictures::new(engine(address, data_dir)?, keys.cloned()))
}

fn engine(address: &str, data_dir: &Path) -> Result<Arc<dyn Engine>, PagesError> {
    if let Some(place) = address.strip_prefix("s3://") {
        if place.contains('@') {
            return Err(PagesError::Settings(KEYS_IN_ADDRESS.to_owned()));
        }
        return Ok(Arc::new(S3::open(place, &Access::from_environment()?)?));
    }
    let root = match address.strip_prefix("file:") {
        Some("") => data_dir.join(DEFAULT_FOLDER),
        // `file:///srv/pages` is the same as `file:/srv/pages`.
        Some(path) => data_dir.join(path.strip_prefix("//").unwrap_or(path)),
        None if address.is_empty() => data_dir.join(DEFAULT_FOLDER),
        None => return Err(refused(address)),
    };
    Ok(Arc::new(Folder::open(&root)?))
}

const KEYS_IN_ADDRESS: &str = "YOMITORI_PAGES must not hold keys, for it is shown in many places: use \
                               s3://bucket/prefix, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the keys";

fn refused(address: &str) -> PagesError {
    // Keys may stand before the host: error texts end up in logs.
    let address = match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => address.to_owned(),
    };
    PagesError::Address { address }
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
            open(&address, dir.path(), None).unwrap().put(b"picture".to_vec(), "png").await.unwrap();
            assert!(std::fs::read_dir(root).unwrap().next().is_some(), "{address}");
        }
    }

    #[test]
    fn an_unknown_store_is_refused_without_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |address| open(address, dir.path(), None).err().unwrap().to_string();
        let text = refused("ftp://key:secret@host/pages");
        assert!(text.contains("ftp://***@host/pages is not a page store"), "{text}");
        let text = refused("s3://key:secret@bucket/pages");
        assert!(text.contains("AWS_ACCESS_KEY_ID") && !text.contains("secret"), "{text}");
        assert!(refused("ftp://x").contains("is not a page store"));
        assert!(refused("ftp://x").contains("file:"));
    }
}
