//! Whatever people and machines do, in whatever order: the counts add up after every step.

use super::*;
use crate::{NewEnquiry, NewPart, Target};
use domain::enquiry::EnquiryKind;
use domain::page::PageState;
use domain::review::ReviewReason;
use domain::ticket::BatchTicket;

/// A small generator of our own: the same seed gives the same office day.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*, Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}

struct Day {
    office: Office,
    dice: Dice,
    pages: Vec<PageId>,
    /// Pages as they count: a cut adds one, taking it back takes it away.
    paper: usize,
    batches: Vec<i64>,
    numbers: Vec<ManagementNumber>,
    second: i64,
}

impl Day {
    fn now(&mut self) -> Timestamp {
        self.second += 1;
        at(self.second)
    }

    fn any_page(&mut self) -> Option<PageId> {
        let limit = self.pages.len();
        (limit > 0).then(|| self.pages[self.dice.below(limit)].clone())
    }

    fn step(&mut self) {
        let now = self.now();
        match self.dice.below(15) {
            0 | 1 => self.arrival(now),
            2..=4 => self.reading(now),
            5 => self.commit(now),
            6 => self.disposal(now),
            7 => self.reread(now),
            8 => self.ticket(now),
            9 => self.cut(now),
            10 => self.moving(now),
            11 => self.turning(now),
            12 => self.closing(now),
            13 => self.enquiry(now),
            _ => self.correction(now),
        }
    }

    fn arrival(&mut self, now: Timestamp) {
        let folder = ["", "a"][self.dice.below(2)];
        let scan = format!("scan{}", self.dice.below(30));
        let mut new = file(&scan, folder, 1 + self.dice.below(4) as u32);
        for page in &mut new.pages {
            page.image = match self.dice.below(8) {
                0 => NewImage::Failed { reason: "壊れています".into() },
                1 => NewImage::Stored { image: "blank".into(), media: "image/tiff".into() },
                _ => page.image.clone(),
            };
        }
        let taken = self.office.store.write(|rows| rows.take_file(&new, now)).unwrap();
        if let TakenFile::Taken { pages, .. } = taken {
            self.paper += pages.len();
            self.pages.extend(pages.into_iter().map(|(page, _)| page));
        }
    }

    fn reading(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        let number = self.numbers[self.dice.below(self.numbers.len())].clone();
        let round = 1 + self.dice.below(2) as u32;
        let reasons = [ReviewReason::NumberMissing];
        self.office
            .store
            .write(|rows| match rows.apply_reading(&read(&page, round, &number), now)? {
                ReadingTaken::New(_) => rows.send_to_review(&page, &Default::default(), &reasons, now),
                _ => Ok(Moved::NotOpen),
            })
            .unwrap();
    }

    fn commit(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        let number = self.numbers[self.dice.below(self.numbers.len())].clone();
        let slip = self.office.proven(&number, "2026-11-02");
        self.office.store.write(|rows| rows.commit(&page, &slip, &clerk(), now)).unwrap();
    }

    fn disposal(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        let disposal = [Disposal::Returned, Disposal::Rescan, Disposal::Discarded][self.dice.below(3)];
        let undo = self.dice.below(2) == 0;
        self.office
            .store
            .write(|rows| match undo {
                true => rows.undo_disposal(&page, &clerk(), now),
                false => rows.dispose(&page, disposal, "理由", &clerk(), now),
            })
            .unwrap();
    }

    fn reread(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        self.office.store.write(|rows| rows.read_again(&page, None, &clerk(), now)).unwrap();
    }

    fn ticket(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        let ticket = self.any_ticket();
        self.office.store.write(|rows| rows.open_envelope(&page, &ticket, &clerk(), now)).unwrap();
    }

    fn cut(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        if self.dice.below(2) == 0 {
            if self.office.store.write(|rows| rows.undo_cut(&page, &clerk(), now)).unwrap() == Moved::Done {
                self.paper -= 1;
            }
            return;
        }
        let part = |side: &str| NewPart { image: format!("{page}{side}").into(), media: "image/png".into() };
        let parts = [part("l"), part("r")];
        let cut = self.office.store.write(|rows| rows.cut_page(&page, &parts, &clerk(), now)).unwrap();
        if cut == Moved::Done {
            self.paper += 1;
            let view = self.office.store.read(|rows| rows.page_view(&page)).unwrap().unwrap();
            assert_eq!(view.parts.len(), 2);
            self.pages.extend(view.parts);
        }
    }

    fn moving(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        if self.dice.below(3) == 0 && !self.batches.is_empty() {
            let batch = self.batches[self.dice.below(self.batches.len())];
            self.office.store.write(|rows| rows.undo_move(batch, &clerk(), now)).unwrap();
            return;
        }
        let pages = match self.dice.below(2) {
            0 => vec![page],
            _ => self.office.store.read(|rows| rows.pages_from(&page)).unwrap(),
        };
        let target = match self.dice.below(3) {
            0 => Target::Loose,
            _ => Target::Ticket(self.any_ticket()),
        };
        let moved = self.office.store.write(|rows| rows.move_pages(&pages, &target, &clerk(), now)).unwrap();
        self.batches.extend(moved.map(|moved| moved.batch));
    }

    fn turning(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        let number = self.numbers[self.dice.below(self.numbers.len())].clone();
        let turn = self.dice.below(2) == 0;
        self.office
            .store
            .write(|rows| match turn {
                true => rows.turn_page(&page, 90, &clerk(), now),
                false => rows.assign(&page, None, Some(number), &clerk(), now),
            })
            .unwrap();
    }

    fn closing(&mut self, now: Timestamp) {
        let envelopes = self.office.store.read(|rows| rows.envelopes()).unwrap();
        if envelopes.is_empty() {
            return;
        }
        let id = envelopes[self.dice.below(envelopes.len())].id.clone();
        let open = self.dice.below(2) == 0;
        self.office
            .store
            .write(|rows| match open {
                true => rows.reopen_envelope(&id, "", &clerk(), now),
                false => rows.close_envelope(&id, "数え直しました", &clerk(), now),
            })
            .unwrap();
    }

    fn enquiry(&mut self, now: Timestamp) {
        let Some(page) = self.any_page() else { return };
        let kind = EnquiryKind::ALL[self.dice.below(4)];
        let close = self.dice.below(2) == 0;
        let new =
            NewEnquiry { page, kind, field: None, reason: "理由".into(), words: String::new(), due: None };
        self.office
            .store
            .write(|rows| {
                match rows.enquiries_of(&new.page)?.first() {
                    Some(known) if close => rows.close_enquiry(known.id, "", &clerk(), now).map(drop)?,
                    _ => rows.open_enquiry(&new, &clerk(), now).map(drop)?,
                }
                Ok(())
            })
            .unwrap();
    }

    fn any_ticket(&mut self) -> BatchTicket {
        BatchTicket {
            number: format!("T{}", self.dice.below(4)),
            clinic: "0110113719".into(),
            month: "2026-11".into(),
            programme: "trial".into(),
            declared: 5,
        }
    }

    fn correction(&mut self, now: Timestamp) {
        let ledger = self.office.store.read(|rows| rows.ledger(&ResidentId("1".into()))).unwrap();
        if ledger.is_empty() {
            return;
        }
        let record = &ledger[self.dice.below(ledger.len())];
        let number = self.numbers[self.dice.below(self.numbers.len())].clone();
        let slip = self.office.proven(&number, "2026-11-03");
        let reverse = self.dice.below(3) == 0;
        self.office
            .store
            .write(|rows| match reverse {
                true => rows.reverse_record(record.id, "理由", &clerk(), now),
                false => rows.correct_record(record.id, &slip, "理由", &clerk(), now),
            })
            .unwrap();
    }
}

#[test]
fn the_counts_add_up_after_every_step_of_any_day() {
    let mut reached = std::collections::BTreeSet::new();
    for seed in 1..=6u64 {
        let office = Office::open();
        let numbers = (0..6).map(|_| office.issue()).collect();
        let dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut day =
            Day { office, dice, pages: Vec::new(), paper: 0, batches: Vec::new(), numbers, second: 10 };
        for _ in 0..220 {
            day.step();
            day.office.adds_up();
            let home = day.office.store.read(|rows| rows.home(at(0), 50)).unwrap();
            assert!(home.adds_up(), "seed {seed}: {home:?}");
            let daily = day.office.store.read(|rows| rows.daily(at(0), at(90_000))).unwrap();
            assert!(daily.adds_up() && daily.paper() == home.pages.paper(), "seed {seed}: {daily:?}");
        }
        let counts = day.office.store.read(|rows| rows.counts()).unwrap();
        assert_eq!(counts.pages.paper(), day.paper as u64, "seed {seed}: no page is lost or invented");
        reached.extend(PageState::ALL.into_iter().filter(|state| counts.pages.of(*state) > 0));
    }
    // A day on which nothing happens would prove nothing. (`read` lasts only inside a transaction.)
    assert_eq!(reached.len(), PageState::ALL.len() - 1, "{reached:?}");
}
