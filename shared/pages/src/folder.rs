//! The default engine: `<root>/ab/cd/<hash>.<extension>`, written beside and renamed, so that a name never stands
//! for half a picture.

use crate::PagesError;
use crate::contract::{LISTED, is_name};
use crate::engine::{Engine, check_extension, check_name};
use crate::error::failed;
use async_trait::async_trait;
use domain::ids::ImageHash;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where unfinished pictures are written, within the root (a rename must stay in one file system).
const UNFINISHED: &str = "unfinished";
/// An unfinished picture that nobody has touched for so long was left by a crash: the slowest writing takes minutes.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Page pictures in a local folder (or a mounted share).
#[derive(Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens the store in `root`, makes the folder when missing, and removes what a crash left half written.
    pub fn open(root: &Path) -> Result<Self, PagesError> {
        let unfinished = root.join(UNFINISHED);
        fs::create_dir_all(&unfinished).map_err(failed("make the folder", &unfinished))?;
        remove_abandoned(&unfinished);
        Ok(Self { root: root.to_owned() })
    }

    /// The folder of a name, after the name has been checked: it comes from messages and addresses.
    fn shelf(&self, hash: &ImageHash) -> Result<PathBuf, PagesError> {
        let name = check_name(hash)?;
        Ok(self.root.join(&name[..2]).join(&name[2..4]))
    }

    /// The file of a name, whatever its extension.
    fn find(&self, hash: &ImageHash) -> Result<Option<PathBuf>, PagesError> {
        let shelf = self.shelf(hash)?;
        let entries = match fs::read_dir(&shelf) {
            Ok(entries) => entries,
            // No shelf: no picture. No root: the share is away, and nothing can be said about the picture.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.root.is_dir() => return Ok(None),
            Err(error) => return Err(failed("open", &shelf)(error)),
        };
        for entry in entries {
            let path = entry.map_err(failed("open", &shelf))?.path();
            if path.file_stem().is_some_and(|stem| stem == hash.as_str()) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn read(&self, hash: &ImageHash) -> Result<Vec<u8>, PagesError> {
        let path = self.find(hash)?.ok_or_else(|| PagesError::Missing(hash.clone()))?;
        fs::read(&path).map_err(failed("read", &path))
    }

    fn front(&self, hash: &ImageHash, length: usize) -> Result<Vec<u8>, PagesError> {
        let path = self.find(hash)?.ok_or_else(|| PagesError::Missing(hash.clone()))?;
        let mut front = Vec::with_capacity(length);
        let read = File::open(&path).and_then(|file| file.take(length as u64).read_to_end(&mut front));
        read.map_err(failed("read", &path))?;
        Ok(front)
    }

    /// Whether there was nothing, and now is.
    fn write_new(&self, hash: &ImageHash, bytes: &[u8], extension: &str) -> Result<bool, PagesError> {
        let absent = self.find(hash)?.is_none();
        if absent {
            self.replace(hash, bytes, extension)?;
        }
        Ok(absent)
    }

    /// A file that is there keeps its extension: under two of them, one name would have two pictures.
    fn replace(&self, hash: &ImageHash, bytes: &[u8], extension: &str) -> Result<(), PagesError> {
        check_extension(extension)?;
        let path = match self.find(hash)? {
            Some(present) => present,
            None => self.shelf(hash)?.join(format!("{hash}.{extension}")),
        };
        self.write_whole(bytes, &path)
    }

    /// All of `bytes` under `path`, on disk, or nothing under `path`.
    fn write_whole(&self, bytes: &[u8], path: &Path) -> Result<(), PagesError> {
        let unfinished = self.root.join(UNFINISHED);
        let mut file =
            tempfile::NamedTempFile::new_in(&unfinished).map_err(failed("write in", &unfinished))?;
        file.write_all(bytes).map_err(failed("write", path))?;
        file.as_file().sync_all().map_err(failed("write", path))?;
        let shelf = path.parent().unwrap_or(&self.root);
        self.make_shelf(shelf)?;
        file.persist(path).map_err(|error| failed("write", path)(error.error))?;
        sync_folder(shelf).map_err(failed("write", shelf))
    }

    /// Makes `root/ab/cd`, and has each parent remember its new child.
    fn make_shelf(&self, shelf: &Path) -> Result<(), PagesError> {
        if shelf.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(shelf).map_err(failed("make the folder", shelf))?;
        for folder in [shelf.parent().unwrap_or(&self.root), &self.root] {
            sync_folder(folder).map_err(failed("write", folder))?;
        }
        Ok(())
    }

    fn remove(&self, hash: &ImageHash) -> Result<bool, PagesError> {
        let Some(path) = self.find(hash)? else {
            return Ok(false);
        };
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            removed => removed.map(|()| true).map_err(failed("delete", &path)),
        }
    }

    /// The next names after `after`. Two levels of folders stand in the order of names, so that those before are passed.
    fn names_after(&self, after: &str) -> Result<Vec<ImageHash>, PagesError> {
        let mut found = Vec::new();
        let not_before = |name: &String, digits: &str| name.len() == 2 && name.as_str() >= digits;
        let first = after.get(..2).unwrap_or("");
        for upper in sorted(&self.root)?.into_iter().filter(|name| not_before(name, first)) {
            let folder = self.root.join(&upper);
            let second = if upper == first { &after[2..4] } else { "" };
            for lower in sorted(&folder)?.into_iter().filter(|name| not_before(name, second)) {
                let shelf = sorted(&folder.join(&lower))?;
                let names =
                    shelf.iter().filter_map(|file| file.split('.').next()).filter(|name| is_name(name));
                let here = |name: &&str| name[..2] == *upper && name[2..4] == *lower && *name > after;
                found.extend(names.filter(here).map(ImageHash::from));
                found.dedup();
                if found.len() >= LISTED {
                    found.truncate(LISTED);
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Runs `work` where waiting for a disk stops nobody.
    async fn aside<T, F>(&self, work: F) -> Result<T, PagesError>
    where
        F: FnOnce(&Folder) -> Result<T, PagesError> + Send + 'static,
        T: Send + 'static,
    {
        let folder = self.clone();
        let root = self.root.clone();
        tokio::task::spawn_blocking(move || work(&folder))
            .await
            .unwrap_or_else(|stopped| Err(failed("use", &root)(io::Error::other(stopped))))
    }
}

#[async_trait]
impl Engine for Folder {
    async fn write_new(&self, name: &ImageHash, bytes: Vec<u8>, extension: &str) -> Result<bool, PagesError> {
        let (name, extension) = (name.clone(), extension.to_owned());
        self.aside(move |folder| folder.write_new(&name, &bytes, &extension)).await
    }

    async fn replace(&self, name: &ImageHash, bytes: Vec<u8>, extension: &str) -> Result<(), PagesError> {
        let (name, extension) = (name.clone(), extension.to_owned());
        self.aside(move |folder| folder.replace(&name, &bytes, &extension)).await
    }

    async fn read(&self, name: &ImageHash) -> Result<Vec<u8>, PagesError> {
        let name = name.clone();
        self.aside(move |folder| folder.read(&name)).await
    }

    async fn front(&self, name: &ImageHash, length: usize) -> Result<Vec<u8>, PagesError> {
        let name = name.clone();
        self.aside(move |folder| folder.front(&name, length)).await
    }

    async fn holds(&self, name: &ImageHash) -> Result<bool, PagesError> {
        let name = name.clone();
        self.aside(move |folder| folder.find(&name)).await.map(|found| found.is_some())
    }

    async fn remove(&self, name: &ImageHash) -> Result<bool, PagesError> {
        let name = name.clone();
        self.aside(move |folder| folder.remove(&name)).await
    }

    async fn names(&self, after: Option<&ImageHash>) -> Result<Vec<ImageHash>, PagesError> {
        let after = after.map(check_name).transpose()?.unwrap_or("").to_owned();
        self.aside(move |folder| folder.names_after(&after)).await
    }
}

/// The names in `folder`, in ascending order. What is no folder holds none: others may have left a file there.
fn sorted(folder: &Path) -> Result<Vec<String>, PagesError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(Vec::new()),
        entries => entries.map_err(failed("open", folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed("open", folder))?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// Makes a rename survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Best effort: what stays behind is tried again at the next start.
fn remove_abandoned(unfinished: &Path) {
    let old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|meta| meta.modified());
        modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > ABANDONED))
    };
    for entry in fs::read_dir(unfinished).into_iter().flatten().flatten().filter(old) {
        let _ = fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Names, PageStore, hash_of};
    use tempfile::TempDir;

    fn store() -> (TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().join("pages")).unwrap();
        (dir, folder)
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
        }
        found
    }

    #[tokio::test]
    async fn a_picture_comes_back_under_its_hash() {
        let (_dir, store) = store();
        let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
        assert_eq!(hash, hash_of(b"picture"));
        assert!(store.exists(&hash).await.unwrap());
        assert_eq!(store.get(&hash).await.unwrap(), b"picture");
        let name = hash.as_str();
        let path = store.root.join(&name[..2]).join(&name[2..4]).join(format!("{name}.tif"));
        assert_eq!(files(&store.root), [path]);
    }

    #[tokio::test]
    async fn the_same_picture_is_kept_once() {
        let (_dir, store) = store();
        for extension in ["tif", "tif", "jpg"] {
            store.put(b"picture".to_vec(), extension).await.unwrap();
        }
        assert_eq!(files(&store.root).len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_writers_of_one_picture_agree() {
        let (_dir, store) = store();
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let store = store.clone();
            writers.spawn(async move { store.put(vec![7; 100_000], "png").await.unwrap() });
        }
        let hashes = writers.join_all().await;
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
        assert_eq!(files(&store.root).len(), 1);
        assert_eq!(store.get(&hashes[0]).await.unwrap(), vec![7; 100_000]);
    }

    #[tokio::test]
    async fn a_damaged_picture_is_never_handed_out_and_heals_when_put_again() {
        let (_dir, store) = store();
        let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
        for damage in [&b"pictura"[..], b"pic", b""] {
            fs::write(&files(&store.root)[0], damage).unwrap();
            let error = store.get(&hash).await.unwrap_err();
            assert!(matches!(&error, PagesError::Damaged(damaged) if *damaged == hash));
            assert!(!error.is_temporary() && error.to_string().contains("damaged"));
        }
        store.put(b"picture".to_vec(), "jpg").await.unwrap();
        assert_eq!(store.get(&hash).await.unwrap(), b"picture");
        assert_eq!(files(&store.root).len(), 1);
    }

    #[tokio::test]
    async fn a_deleted_picture_is_missing() {
        let (_dir, store) = store();
        let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
        for _ in 0..2 {
            store.delete(&hash, "保存期間満了").await.unwrap();
        }
        assert!(!store.exists(&hash).await.unwrap());
        let error = store.get(&hash).await.unwrap_err();
        assert!(matches!(error, PagesError::Missing(_)) && !error.is_temporary());
    }

    #[tokio::test]
    async fn every_picture_is_listed_once_in_order_and_the_list_goes_on_where_it_stopped() {
        let (_dir, store) = store();
        let mut put = Vec::new();
        for number in 0..2 * LISTED + 5 {
            let hash = hash_of(&number.to_le_bytes());
            let shelf = store.shelf(&hash).unwrap();
            fs::create_dir_all(&shelf).unwrap();
            fs::write(shelf.join(format!("{hash}.tif")), number.to_le_bytes()).unwrap();
            put.push(hash);
        }
        put.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        fs::write(store.root.join("zz"), "left here by somebody").unwrap();
        fs::write(store.root.join("notes.txt"), "left here by somebody").unwrap();
        fs::create_dir_all(store.root.join("lost/found")).unwrap();

        let mut listed = Vec::new();
        let mut names = Names::new(&store, None);
        while let Some(name) = names.next().await.unwrap() {
            listed.push(name);
        }
        assert_eq!(listed, put);
        assert_eq!(names.next().await.unwrap(), None);
        assert_eq!(store.list(Some(&put[1500])).await.unwrap()[..3], put[1501..1504]);
        assert_eq!(store.list(put.last()).await.unwrap(), []);
        assert!(matches!(store.list(Some(&"é".into())).await, Err(PagesError::Name)));
    }

    #[tokio::test]
    async fn a_share_that_is_away_is_temporary_and_not_a_missing_picture() {
        let (_dir, store) = store();
        let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
        fs::rename(&store.root, store.root.with_extension("away")).unwrap();
        let errors = [
            store.get(&hash).await.map(drop),
            store.exists(&hash).await.map(drop),
            store.put(b"other".to_vec(), "tif").await.map(drop),
            store.list(None).await.map(drop),
        ];
        for error in errors {
            assert!(error.unwrap_err().is_temporary());
        }
        fs::rename(store.root.with_extension("away"), &store.root).unwrap();
        assert_eq!(store.get(&hash).await.unwrap(), b"picture");
    }

    #[tokio::test]
    async fn names_and_extensions_that_would_leave_the_folder_are_refused() {
        let (_dir, store) = store();
        let long = "../".repeat(22);
        for name in ["", "abc", "../../../etc/passwd", &long[..64], &"A".repeat(64), &"é".repeat(32)] {
            assert!(matches!(store.get(&name.into()).await, Err(PagesError::Name)), "{name}");
            assert!(matches!(store.delete(&name.into(), "").await, Err(PagesError::Name)), "{name}");
        }
        for extension in ["", "../x", "a/b", "TIF", "toolong"] {
            assert!(matches!(store.put(vec![1], extension).await, Err(PagesError::Extension)), "{extension}");
        }
    }

    #[tokio::test]
    async fn what_a_crash_left_half_written_is_no_picture_and_goes_after_a_day() {
        let (dir, store) = store();
        let abandoned = store.root.join(UNFINISHED).join("abandoned");
        let current = store.root.join(UNFINISHED).join("current");
        fs::write(&abandoned, b"pict").unwrap();
        fs::write(&current, b"pict").unwrap();
        let old = SystemTime::now() - 2 * ABANDONED;
        File::options().write(true).open(&abandoned).unwrap().set_modified(old).unwrap();
        assert!(!store.exists(&hash_of(b"pict")).await.unwrap());
        Folder::open(&dir.path().join("pages")).unwrap();
        assert!(!abandoned.exists() && current.exists(), "another process may still be writing");
    }
}
