use super::*;
use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::thread;

#[test]
fn no_number_is_given_twice_even_by_several_processes_at_once() {
    let office = Office::open();
    let residents = vec![ResidentId("1".into()); 25];
    let numbers: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let (residents, form) = (&residents, &office.form);
                // Its own Store: what another process would hold.
                let store = Store::open(&office.path()).unwrap();
                scope.spawn(move || {
                    let issue =
                        || store.write(|rows| rows.issue_slips(form, residents, &clerk(), at(1))).unwrap();
                    (0..4).flat_map(|_| issue()).map(|(number, _)| number.0).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let different: BTreeSet<&String> = numbers.iter().collect();
    assert_eq!((numbers.len(), different.len()), (800, 800));
    assert!(numbers.iter().all(|n| domain::check_digit::CheckDigit::Mod11.accepts(n)));
}

#[test]
fn a_number_of_a_failed_issue_leaves_no_trace() {
    let office = Office::open();
    let first = office.issue();
    let some_unknown = [ResidentId("1".into()), ResidentId("404".into())];
    assert!(
        office.store.write(|rows| rows.issue_slips(&office.form, &some_unknown, &clerk(), at(1))).is_err()
    );
    let next = office.issue();
    let slips =
        office.store.read(|rows| Ok((rows.slip(&first)?.is_some(), rows.slip(&next)?.is_some()))).unwrap();
    assert!(first < next && slips == (true, true));
}

#[test]
fn readers_go_on_while_one_writes_and_see_only_what_is_committed() {
    let office = Office::open();
    office.take("before", "", 1);
    let (started, wait_started) = channel();
    let (go_on, wait_go_on) = channel::<()>();
    let pages = |store: &Store| store.read(|rows| rows.counts()).unwrap().pages.paper();
    thread::scope(|scope| {
        let store = office.store.clone();
        let writer = scope.spawn(move || {
            store.write(|rows| {
                rows.take_file(&file("during", "", 3), at(2))?;
                started.send(()).unwrap();
                wait_go_on.recv().unwrap();
                Ok(())
            })
        });
        wait_started.recv().unwrap();
        // The transaction is open; twenty readers at once would hang here if it blocked them.
        let readers: Vec<_> = (0..20).map(|_| scope.spawn(|| pages(&office.store))).collect();
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() == 1));
        go_on.send(()).unwrap();
        writer.join().unwrap().unwrap();
    });
    assert_eq!(pages(&office.store), 4);
}

#[test]
fn a_closure_that_fails_or_panics_leaves_no_trace() {
    let office = Office::open();
    let failed: Result<(), Error> = office.store.write(|rows| {
        rows.take_file(&file("x", "", 3), at(1))?;
        Err(Error::Missing { what: "page" })
    });
    assert!(failed.is_err());
    let store = office.store.clone();
    let panicked = thread::spawn(move || {
        let _: Result<(), Error> = store.write(|rows| {
            rows.take_file(&file("y", "", 3), at(1))?;
            panic!("as a bug would")
        });
    });
    assert!(panicked.join().is_err());
    assert_eq!(office.take("z", "", 2).len(), 2, "the store goes on working");
    let counts = office.store.read(|rows| rows.counts()).unwrap();
    assert_eq!((counts.pages.paper(), counts.files.taken), (2, 1));
}

#[test]
fn everything_is_there_again_after_opening_anew_and_a_newer_database_is_refused() {
    let office = Office::open();
    office.take("scan", "", 2);
    let again = Store::open(&office.path()).unwrap();
    assert_eq!(again.read(|rows| rows.counts()).unwrap(), office.store.read(|rows| rows.counts()).unwrap());
    office.store.write(|rows| Ok(rows.connection.pragma_update(None, "user_version", 999)?)).unwrap();
    let refused = Store::open(&office.path()).err().expect("a newer database").to_string();
    assert!(refused.contains("newer version"), "{refused}");
}
