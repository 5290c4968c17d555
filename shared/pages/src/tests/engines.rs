//! What a picture goes through, whatever keeps it.

use super::server::Server;
use crate::{Engine, Folder, Lying, Names, PageStore, PagesError, Pictures, hash_of};
use domain::key::{Key, Keyring};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub fn ring(bytes: &[u8]) -> Keyring {
    let keys: Vec<String> = bytes.iter().map(|byte| Key::new([*byte; 32]).to_hex()).collect();
    Keyring::parse(&keys.join("\n")).unwrap()
}

/// An engine, and the files in which it keeps things.
struct Bench {
    engine: Arc<dyn Engine>,
    folder: Option<TempDir>,
    server: Option<Server>,
}

impl Bench {
    async fn all() -> [Self; 2] {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().join("pages")).unwrap();
        let server = Server::start().await;
        [
            Self { engine: Arc::new(folder), folder: Some(dir), server: None },
            Self { engine: Arc::new(server.store()), folder: None, server: Some(server) },
        ]
    }

    fn pictures(&self, keys: &[u8]) -> Pictures {
        Pictures::new(self.engine.clone(), (!keys.is_empty()).then(|| ring(keys)))
    }

    fn files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        match &self.server {
            Some(server) => found = server.files(),
            None => walk(self.folder.as_ref().unwrap().path(), &mut found),
        }
        found
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_kept_once_comes_back_and_is_gone_when_deleted() {
    for bench in Bench::all().await {
        for keys in [&[][..], &[1]] {
            let store = bench.pictures(keys);
            let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
            assert_eq!(hash, hash_of(b"picture"));
            assert_eq!(store.put(b"picture".to_vec(), "tif").await.unwrap(), hash);
            assert_eq!(bench.files().len(), 1);
            assert!(store.exists(&hash).await.unwrap());
            assert_eq!(store.get(&hash).await.unwrap(), b"picture");
            store.delete(&hash, "保存期間満了").await.unwrap();
            store.delete(&hash, "保存期間満了").await.unwrap();
            assert!(!store.exists(&hash).await.unwrap() && bench.files().is_empty());
            let error = store.get(&hash).await.unwrap_err();
            assert!(matches!(error, PagesError::Missing(_)) && !error.is_temporary());
            assert!(matches!(store.get(&"../x".into()).await, Err(PagesError::Name)));
            assert!(matches!(store.put(vec![1], "../x").await, Err(PagesError::Extension)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_of_one_picture_agree() {
    for bench in Bench::all().await {
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let store = bench.pictures(&[1]);
            writers.spawn(async move { store.put(vec![7; 100_000], "png").await.unwrap() });
        }
        let hashes = writers.join_all().await;
        assert!(hashes.iter().all(|hash| *hash == hashes[0]) && bench.files().len() == 1);
        assert_eq!(bench.pictures(&[1]).get(&hashes[0]).await.unwrap(), vec![7; 100_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_picture_is_never_handed_out_and_heals_when_put_again() {
    for bench in Bench::all().await {
        for keys in [&[][..], &[1]] {
            let store = bench.pictures(keys);
            let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
            let sound = std::fs::read(&bench.files()[0]).unwrap();
            let mut changed = sound.clone();
            *changed.last_mut().unwrap() ^= 1;
            for damage in [&changed[..], &sound[..sound.len() - 1], b"pic", b""] {
                std::fs::write(&bench.files()[0], damage).unwrap();
                let error = store.get(&hash).await.unwrap_err();
                assert!(matches!(&error, PagesError::Damaged(damaged) if *damaged == hash), "{error}");
            }
            // The file of another picture in its place is sound by itself, and still not this picture.
            let other = store.put(b"another".to_vec(), "tif").await.unwrap();
            let path = |name: &str| {
                let files = bench.files();
                files.into_iter().find(|file| file.to_string_lossy().contains(name)).unwrap()
            };
            std::fs::copy(path(other.as_str()), path(hash.as_str())).unwrap();
            assert!(matches!(store.get(&hash).await, Err(PagesError::Damaged(_))));
            store.put(b"picture".to_vec(), "tif").await.unwrap();
            assert_eq!(store.get(&hash).await.unwrap(), b"picture");
            store.delete(&hash, "").await.unwrap();
            store.delete(&other, "").await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_pictures_open_with_their_key_only_and_plain_ones_stay_readable() {
    for bench in Bench::all().await {
        let plain = bench.pictures(&[]).put(b"a plain picture".to_vec(), "tif").await.unwrap();
        let sealed = bench.pictures(&[1]).put(b"a sealed picture".to_vec(), "tif").await.unwrap();
        let read = |file: PathBuf| std::fs::read(file).unwrap();
        let seen = |words: &[u8]| {
            bench
                .files()
                .into_iter()
                .map(read)
                .any(|bytes| bytes.windows(words.len()).any(|part| part == words))
        };
        assert!(seen(b"a plain picture") && !seen(b"sealed picture"));
        assert_eq!(bench.pictures(&[1]).get(&plain).await.unwrap(), b"a plain picture");
        for keys in [&[][..], &[2]] {
            let error = bench.pictures(keys).get(&sealed).await.unwrap_err().to_string();
            assert!(error.contains(&ring(&[1]).current().id()) && error.contains("key file"), "{error}");
            let put = bench.pictures(keys).put(b"a sealed picture".to_vec(), "tif").await;
            assert!(put.is_err(), "what cannot be opened is not replaced");
        }
        assert!(matches!(bench.pictures(&[]).reseal(&plain).await, Err(PagesError::NoKeys)));
        assert!(bench.pictures(&[2]).reseal(&sealed).await.is_err());

        let both = bench.pictures(&[2, 1]);
        let new = Lying::Sealed(ring(&[2]).current().id());
        assert_eq!(both.lying(&plain).await.unwrap(), Lying::Plain);
        for hash in [&plain, &sealed] {
            assert!(both.reseal(hash).await.unwrap());
            assert!(!both.reseal(hash).await.unwrap(), "it is as it should be");
            assert_eq!(both.lying(hash).await.unwrap(), new);
        }
        assert!(!seen(b"a plain picture"));
        assert_eq!(bench.files().len(), 2);
        let now = bench.pictures(&[2]);
        assert_eq!(now.get(&plain).await.unwrap(), b"a plain picture");
        assert_eq!(now.get(&sealed).await.unwrap(), b"a sealed picture");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_is_listed_in_order_from_anywhere() {
    for bench in Bench::all().await {
        let store = bench.pictures(&[1]);
        let mut put = Vec::new();
        for number in 0..40_u8 {
            put.push(store.put(vec![number], "png").await.unwrap());
        }
        put.sort_unstable();
        let mut names = Names::new(&store, None);
        let mut listed = Vec::new();
        while let Some(name) = names.next().await.unwrap() {
            listed.push(name);
        }
        assert_eq!(listed, put);
        assert_eq!(store.list(Some(&put[30])).await.unwrap(), put[31..]);
        assert_eq!(store.list(put.last()).await.unwrap(), []);
        assert!(matches!(store.list(Some(&"x".into())).await, Err(PagesError::Name)));
    }
}
