//! What comes in: kinds of files, crowds, order, bad ones, duplicates.

use super::*;
use domain::key::{Key, Keyring};

#[tokio::test]
async fn files_of_every_kind_become_pages_requests_and_kept_sources() {
    let office = office();
    let (one, two) = (png(1), picture(2, ImageFormat::Jpeg));
    office.drop_in("scan 1\n.png", &one);
    office.drop_in("予診票 (2).jpg", &two);
    office.drop_in("窓口A/束.tif", &tiff(&[3, 4, 5]));
    let intake = office.start();
    let files = office.arrivals(3).await;
    let brought: Vec<_> =
        files.iter().map(|file| (file.folder.as_str(), file.name.as_str(), file.pages)).collect();
    assert_eq!(brought, [("", "scan 1\n.png", 1), ("", "予診票 (2).jpg", 1), ("窓口A", "束.tif", 3)]);
    assert_eq!(office.picture(&files[0], 1).await, one, "kept byte for byte");
    assert_eq!(office.picture(&files[1], 1).await, two);
    let pictures: Vec<_> = [3, 4, 5].map(drawing).into();
    for (number, drawing) in (1..).zip(pictures) {
        let bytes = office.picture(&files[2], number).await;
        let page = vision::decode::decode(&bytes, &Default::default()).unwrap();
        assert_eq!(
            (page.width, page.height, page.pixels),
            (drawing.width(), drawing.height(), drawing.into_raw())
        );
    }

    let requests = office.requests(5).await;
    for request in &requests {
        assert_eq!((request.round, &request.form), (1, &None));
        assert!(office.pages.sound.exists(&request.image).await.unwrap());
    }
    assert_eq!(requests.iter().map(|request| &request.page).collect::<BTreeSet<_>>().len(), 5);
    intake.stop().await;
    assert_eq!(office.files_in("inbox"), BTreeSet::new());
    let day = office.files_in("scans").first().unwrap().split('/').next().unwrap().to_owned();
    let kept = ["scan 1\n.png", "予診票 (2).jpg", "窓口A/束.tif"].map(|name| format!("{day}/{name}"));
    assert_eq!(office.files_in("scans"), BTreeSet::from(kept));
}

#[tokio::test]
async fn with_keys_the_sources_are_put_away_sealed() {
    let office = office();
    let keys = Keyring::of(Key::new([7; 32]));
    let sent = [("scan.tif", tiff(&[1, 2])), ("窓口A/scan.png", png(3))];
    for (name, bytes) in &sent {
        office.drop_in(name, bytes);
    }
    let intake = office.start_with(Config { keys: Some(keys.clone()), ..office.config() });
    office.arrivals(2).await;
    // The same name again, and the very same file.
    office.drop_in("scan.tif", &tiff(&[4]));
    office.arrivals(3).await;
    office.drop_in("scan.tif", &sent[0].1);
    office.arrivals(4).await;
    intake.stop().await;
    let scans = office.dir.path().join("scans");
    let day = office.files_in("scans").first().unwrap().split('/').next().unwrap().to_owned();
    let kept = ["scan.tif.sealed", "scan-2.tif.sealed", "窓口A/scan.png.sealed"];
    assert_eq!(office.files_in("scans"), BTreeSet::from(kept.map(|name| format!("{day}/{name}"))));
    for (name, bytes) in &sent {
        let (sealed, out) = (scans.join(format!("{day}/{name}.sealed")), office.dir.path().join("out"));
        assert!(fs::read(&sealed).unwrap().windows(8).all(|part| part != &bytes[..8]));
        pages::sealed_file::unseal_file(&sealed, &out, Some(&keys)).unwrap();
        assert_eq!(&fs::read(&out).unwrap(), bytes);
        fs::remove_file(out).unwrap();
    }
    assert_eq!(office.files_in("inbox"), BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_files_dropped_at_once_are_all_taken() {
    let office = office();
    let intake = office.start();
    for number in (1..=200).rev() {
        office.drop_in(&format!("scan{number}.png"), &png(number));
    }
    let files = office.arrivals(200).await;
    assert_eq!(office.requests(200).await.len(), 200);
    intake.stop().await;
    assert_eq!(files.len(), 200);
    assert!(files.iter().all(|file| file.state == FileState::Taken && file.pages == 1));
    assert_eq!(office.files_in("scans").len(), 200);
    assert_eq!(office.files_in("inbox"), BTreeSet::new());
}

#[tokio::test]
async fn a_batch_is_committed_in_the_order_of_its_names() {
    let office = office();
    for number in (1..=12).rev() {
        // The first is by far the slowest to split.
        let pages = if number == 1 { (100..160).collect() } else { vec![number] };
        office.drop_in(&format!("scan{number}.tif"), &tiff(&pages));
    }
    let intake = office.start();
    let files = office.arrivals(12).await;
    intake.stop().await;
    let names: Vec<_> = files.into_iter().map(|file| file.name).collect();
    assert_eq!(names, (1..=12).map(|number| format!("scan{number}.tif")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_taken_whole() {
    let office = office();
    let intake = office.start();
    let bytes = tiff(&[1, 2, 3, 4]);
    let mut scanner = File::create(office.inbox().join("scan.tif")).unwrap();
    for part in bytes.chunks(bytes.len() / 5) {
        scanner.write_all(part).unwrap();
        scanner.flush().unwrap();
        // The scanner's feeder: far longer than a file has to rest.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    assert!(office.store.read(|rows| rows.scan_files(None, 1)).unwrap().is_empty());
    drop(scanner);
    assert_eq!(office.arrivals(1).await[0].pages, 4);
    intake.stop().await;
}

#[tokio::test]
async fn bad_files_go_to_failed_with_a_reason_and_stop_no_neighbour() {
    let office = office();
    office.drop_in("1 回覧.docx", b"PK\x03\x04 minutes of a meeting");
    office.drop_in("2.tif", &tiff(&[1])[..60]);
    office.drop_in("3.png", b"");
    office.drop_in("4.png", &png(4));
    office.drop_in("窓口/1 回覧.docx", b"PK\x03\x04 another one");
    let intake = office.start();
    let files = office.arrivals(5).await;
    intake.stop().await;
    let (good, bad): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.state == FileState::Taken);
    assert_eq!((good.len(), good[0].name.as_str(), bad.len()), (1, "4.png", 4));
    for file in &bad {
        assert_eq!(file.state, FileState::Failed);
        assert!(file.reason.as_ref().is_some_and(|reason| !reason.is_empty()), "{}", file.name);
    }
    let failed = ["1 回覧.docx", "1 回覧-2.docx", "2.tif", "3.png"];
    let with_reasons = failed.iter().flat_map(|name| [name.to_string(), format!("{name}.reason.txt")]);
    assert_eq!(office.files_in("inbox/failed"), with_reasons.collect());
    let note = fs::read_to_string(office.inbox().join("failed/1 回覧.docx.reason.txt")).unwrap();
    for part in ["1 回覧.docx", "画像ファイルではありません", "送ってください", "入れ直してください"]
    {
        assert!(note.contains(part), "{part} in {note}");
    }
    assert_eq!(office.requests(1).await.len(), 1);
}

#[tokio::test]
async fn good_pages_of_a_file_go_on_and_broken_ones_say_why() {
    let office = office();
    let mut bytes = tiff(&[1, 2, 3]);
    inflate(&mut bytes, 2);
    office.drop_in("scan.tif", &bytes);
    let intake = office.start();
    let file = office.arrivals(1).await.remove(0);
    intake.stop().await;
    assert_eq!((file.state, file.pages), (FileState::Taken, 3));
    let states = [1, 2, 3].map(|number| office.page(&file, number).state);
    assert_eq!(states, [PageState::Received, PageState::Failed, PageState::Received]);
    assert!(office.page(&file, 2).reason.unwrap().contains("大きすぎます"));
}

#[tokio::test]
async fn a_file_or_page_that_came_before_is_listed_and_not_read_again() {
    let office = office();
    let intake = office.start();
    office.drop_in("first.tif", &tiff(&[1, 2]));
    office.arrivals(1).await;
    office.drop_in("again.tif", &tiff(&[1, 2]));
    office.arrivals(2).await;
    // Page 2 once more, among others.
    office.drop_in("mixed.tif", &tiff(&[3, 2]));
    let files = office.arrivals(3).await;
    assert_eq!((files[1].state, files[1].duplicate_of), (FileState::Duplicate, Some(files[0].seq)));
    let states = [1, 2].map(|number| office.page(&files[2], number).state);
    assert_eq!(states, [PageState::Received, PageState::Duplicate]);
    assert_eq!(office.requests(3).await.len(), 3);
    intake.stop().await;
    assert_eq!(office.queue.depth(Topic::ReadPage).await.unwrap().total(), 0);
    assert_eq!(office.files_in("scans").len(), 3, "every source is kept");
}

#[tokio::test]
async fn an_event_is_enough_when_the_next_look_is_far_away() {
    let office = office();
    let intake = office.start_with(Config { poll: Duration::from_secs(3600), ..office.config() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    office.drop_in("new folder/scan.png", &png(1));
    tokio::time::sleep(Duration::from_millis(100)).await;
    office.drop_in("new folder/scan2.png", &png(2));
    assert_eq!(office.arrivals(2).await.len(), 2);
    intake.stop().await;
}

#[tokio::test]
async fn what_never_becomes_a_scan_goes_to_failed_with_a_reason_in_local_time() {
    let office = office();
    office.drop_in("2階/scan.tif.part", b"half");
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), office.inbox().join("link.tif")).unwrap();
    let config = Config { abandoned: Duration::from_millis(200), ..office.config() };
    let intake = office.start_with(config);
    let files = office.arrivals(2).await;
    intake.stop().await;
    assert!(files.iter().all(|file| file.state == FileState::Failed));
    let part = files.iter().find(|file| file.name == "scan.tif.part").unwrap();
    assert!(part.folder == "2階" && part.reason.as_ref().unwrap().contains(".part"));
    let note = fs::read_to_string(office.inbox().join("failed/scan.tif.part.reason.txt")).unwrap();
    // The clock stands at 14:13 UTC.
    assert!(note.contains("2026-09-21 23:13") && note.contains("2階"), "{note}");
    assert!(!office.inbox().join("link.tif").exists() && office.inbox().join("failed/link.tif").is_symlink());
    assert!(elsewhere.path().exists(), "what the link leads to is left alone");
}
