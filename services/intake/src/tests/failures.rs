//! What goes wrong around the files: crashes, a full disk, a queue that is away.

use super::*;
use domain::edition::Edition;
use domain::matching::MatchOutcome;
use domain::message::{Milliseconds, PageRead};
use domain::reading::PageReading;

/// What a process leaves that is killed with a file in hand.
fn claimed(office: &Office, relative: &str, bytes: &[u8]) -> Claim {
    office.drop_in(relative, bytes);
    let shape = shape(&office.inbox().join(relative).metadata().unwrap());
    let found = Found { relative: relative.into(), shape };
    Claim::take(&office.inbox(), &found, (office.deps().now)()).unwrap().unwrap()
}

#[tokio::test]
async fn a_file_in_hand_at_a_crash_is_taken_after_the_restart() {
    let office = office();
    claimed(&office, "b/scan2.tif", &tiff(&[1, 2]));
    claimed(&office, "scan1.png", &png(3));
    let intake = office.start();
    let files = office.arrivals(2).await;
    intake.stop().await;
    let taken: Vec<_> =
        files.iter().map(|file| (file.folder.as_str(), file.name.as_str(), file.state)).collect();
    assert_eq!(taken, [("b", "scan2.tif", FileState::Taken), ("", "scan1.png", FileState::Taken)]);
    assert_eq!(office.requests(3).await.len(), 3);
}

#[tokio::test]
async fn a_file_committed_right_before_a_crash_is_only_put_away() {
    let office = office();
    let bytes = png(1);
    claimed(&office, "scan.png", &bytes);
    let file = store::NewFile {
        scan: pages::hash_of(&bytes).0.into(),
        name: "scan.png".into(),
        folder: String::new(),
        bytes: bytes.len() as u64,
        pages: vec![store::NewPage {
            number: 1,
            image: store::NewImage::Stored { image: pages::hash_of(&bytes), media: "image/png".into() },
        }],
    };
    let now = (office.deps().now)();
    office.store.write(|rows| rows.take_file(&file, now)).unwrap();
    let intake = office.start();
    let files = office.arrivals(1).await;
    assert_eq!(office.requests(1).await.len(), 1, "what the crash left in the outbox is sent");
    intake.stop().await;
    assert_eq!((files.len(), files[0].state), (1, FileState::Taken), "no false duplicate is listed");
    assert_eq!(office.files_in("scans").len(), 1);

    office.drop_in("scan.png", &bytes);
    let intake = office.start();
    assert_eq!(office.arrivals(2).await[1].state, FileState::Duplicate, "a true one still is");
    intake.stop().await;
}

#[tokio::test]
async fn a_file_that_keeps_ending_the_program_is_put_aside() {
    let office = office();
    claimed(&office, "deadly.tif", &tiff(&[1])).set_crashes(5).unwrap();
    office.drop_in("good.png", &png(2));
    let intake = office.start();
    let files = office.arrivals(2).await;
    intake.stop().await;
    assert_eq!(
        files.iter().map(|file| file.state).collect::<Vec<_>>(),
        [FileState::Failed, FileState::Taken]
    );
    assert!(files[0].reason.as_ref().unwrap().contains("停止"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_keeps_the_order() {
    let office = office();
    const MANY: u32 = 1_000_000;
    office.pages.failures.store(MANY, Ordering::SeqCst);
    for number in 1..=3 {
        office.drop_in(&format!("{number}.png"), &png(number));
    }
    let intake = office.start();
    let tried_twice = async {
        while office.pages.failures.load(Ordering::SeqCst) > MANY - 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(FOREVER, tried_twice).await.unwrap();
    assert!(office.store.read(|rows| rows.scan_files(None, 1)).unwrap().is_empty());
    assert_eq!(office.files_in("inbox").len(), 3, "what is not safe has not left the inbox");
    office.pages.failures.store(0, Ordering::SeqCst);
    let files = office.arrivals(3).await;
    intake.stop().await;
    let taken: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.state)).collect();
    assert_eq!(taken, ["1.png", "2.png", "3.png"].map(|name| (name, FileState::Taken)));
    assert_eq!(Claim::leftovers(&office.inbox()).unwrap().len(), 0);
}

#[tokio::test]
async fn requests_wait_in_the_outbox_until_the_queue_takes_them() {
    let office = office();
    office.queue.failures.store(1, Ordering::SeqCst);
    office.drop_in("scan.tif", &tiff(&[1, 2, 3]));
    let intake = office.start();
    office.arrivals(1).await;
    assert_eq!(office.requests(3).await.len(), 3);
    intake.stop().await;
    assert!(office.store.read(|rows| rows.unsent_outbox(10)).unwrap().is_empty());
    assert_eq!(office.queue.depth(Topic::ReadPage).await.unwrap().total(), 0);
}

#[tokio::test]
async fn a_request_that_was_sent_but_not_marked_is_sent_again() {
    let office = office();
    office.queue.lost_answers.store(1, Ordering::SeqCst);
    office.drop_in("scan.png", &png(1));
    let intake = office.start();
    let requests = office.requests(2).await;
    assert_eq!(requests[0], requests[1]);
    intake.stop().await;
    assert!(office.store.read(|rows| rows.unsent_outbox(10)).unwrap().is_empty());
}

#[tokio::test]
async fn a_second_intake_on_the_same_folder_is_refused() {
    let office = office();
    let first = office.start();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let error = office.start().task.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("another intake"), "{error}");
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intake_that_is_interrupted_at_any_moment_takes_every_file_once() {
    let office = office();
    for number in 1..=30 {
        office.drop_in(&format!("scan{number}.png"), &png(number));
    }
    for moment in 0..30 {
        let intake = office.start();
        tokio::time::sleep(Duration::from_millis(60 + moment * 3)).await;
        intake.task.abort();
        let _ = intake.task.await;
    }
    let intake = office.start();
    let files = office.arrivals(30).await;
    intake.stop().await;
    let names: Vec<_> = files.iter().map(|file| (file.name.clone(), file.state, file.pages)).collect();
    assert_eq!(names, (1..=30).map(|n| (format!("scan{n}.png"), FileState::Taken, 1)).collect::<Vec<_>>());
    assert_eq!(office.files_in("scans").len(), 30);
    assert_eq!(office.files_in("inbox"), BTreeSet::new());
    let waiting = office.queue.depth(Topic::ReadPage).await.unwrap().total() as usize;
    let requested: BTreeSet<_> =
        office.requests(waiting).await.into_iter().map(|request| request.page).collect();
    assert_eq!(requested.len(), 30, "each page is asked for at least once");
}

#[tokio::test(flavor = "multi_thread")]
async fn intake_holds_back_while_nobody_reads_and_goes_on_when_somebody_does() {
    let office = office();
    for number in 1..=30 {
        office.drop_in(&format!("{number:02}.png"), &png(number));
    }
    let most = Config { most_waiting: 10, ..office.config() };
    let intake = office.start_with(most);
    office.arrivals(10).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    // What was already in hand when the limit was reached is finished: the next two files.
    let taken = office.arrivals(10).await.len();
    assert!((10..=12).contains(&taken), "{taken} files were taken");
    assert_eq!(
        office.files_in("inbox").len(),
        30 - taken,
        "the others wait in the inbox, nothing is claimed"
    );
    // Somebody reads all that there is, again and again.
    let mut read = 0;
    while read < 30 {
        for request in office.requests(10.min(30 - read)).await {
            let unreadable = PageReading::Unreadable { reason: "試験".into() };
            let message = PageRead {
                page: request.page,
                round: request.round,
                reading: unreadable,
                milliseconds: Milliseconds::default(),
                reader: String::new(),
                edition: Edition::default(),
            };
            office
                .store
                .write(|rows| {
                    rows.apply_reading(&message, Timestamp::UNIX_EPOCH)?;
                    rows.send_to_review(&message.page, &MatchOutcome::None, &[], Timestamp::UNIX_EPOCH)
                })
                .unwrap();
            read += 1;
        }
    }
    assert_eq!(office.arrivals(30).await.len(), 30);
    intake.stop().await;
}
