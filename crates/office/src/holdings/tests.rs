//! What a check found that could not look, beside one that could; what becomes of a holding.

use candour_connectors::{DataMap, Fault, FaultKind, HoldingKind, Source};

use super::change::{self, Change};
use super::{Holding, acts, keep, sql};
use crate::mailing::hooks::tests::{House, both};

const CHARTER: &str = include_str!("../demo/charter.toml");

#[test]
fn a_check_that_got_through_is_not_undone_by_one_that_did_not() {
    for postgres in both() {
        let house = House::with(postgres, CHARTER);
        let (office, by) = (&house.office, &house.by);
        let source = Source { path: Some("club.db".into()), ..Source::default() };
        let map = DataMap::new("club", "Club", HoldingKind::Sqlite, source);
        keep(office, by, map, None);
        let row = || office.read(|tx| sql::by_short(tx, &by.org, "club")).unwrap();
        let acts_so_far = || {
            let about = format!("holding:{}", row().id);
            office.read(|tx| crate::proof::history(tx, office.vault(), &by.org, &about)).unwrap()
        };
        let fault = Fault::new(FaultKind::Unreachable, "club", "it is away", "Look for it.");
        let before = row();
        // Two rounds find the same.
        for _ in 0..2 {
            acts::note_unreached(office, by, &before, &fault).unwrap();
        }
        assert!(row().unreached());
        assert_eq!(acts_so_far().len(), 1);
        let late: Holding = Holding { problems: Vec::new(), ..row() };
        let (vault, by_, h) = (office.vault().clone(), by.clone(), row());
        office.write(move |tx| acts::set_map(tx, &vault, &by_, &h, &h.map, &[])).unwrap();
        acts::note_unreached(office, by, &late, &fault).unwrap();
        assert!(!row().unreached());
    }
}

#[test]
fn a_holding_changes_ends_and_is_taken_up_once() {
    for postgres in both() {
        let house = House::with(postgres, CHARTER);
        let (office, by) = (&house.office, &house.by);
        let map = DataMap::new("cabinet", "Cabinet", HoldingKind::Paper, Source::default());
        keep(office, by, map, Some("Secretary"));
        let row = || office.read(|tx| sql::by_short(tx, &by.org, "cabinet")).unwrap();
        let first = row();
        let new = Change { post: Some("Archivist".into()), ..Change::of(&first) };
        change::change(office, by, &first, new.clone()).unwrap();
        assert_eq!((row().post.as_deref(), row().version), (Some("Archivist"), 2));
        assert!(row().checked.is_none(), "nobody looked into it");
        change::change(office, by, &row(), new.clone()).unwrap();
        assert_eq!(row().version, 2, "nothing was changed");
        assert!(matches!(change::change(office, by, &first, Change::of(&first)), Ok(None)));
        let none = Change { post: None, ..new };
        assert!(change::change(office, by, &row(), none).is_err(), "paper needs its post");
        let day = crate::kit::dates::day_of(by.now);
        assert!(matches!(
            change::end(office, by, &first, day, "shredded"),
            Err(crate::error::Error::Conflict)
        ));
        change::end(office, by, &row(), day, " shredded ").unwrap();
        let ended = row().ended.unwrap();
        assert_eq!((ended.on, ended.why.as_str()), (day, "shredded"));
        let (kept, known) = office
            .read(|tx| Ok((super::active(tx, &by.org)?.len(), super::known(tx, &by.org)?.len())))
            .unwrap();
        assert_eq!((kept, known), (0, 1));
        for no in [
            change::end(office, by, &row(), day, "again"),
            acts::check_and_save(office, by, &row()).map(drop),
            acts::scan_and_save(office, by, &row()).map(drop),
            acts::connect(office, &row()).map(drop),
        ] {
            assert!(no.unwrap_err().to_string().contains("no longer kept"));
        }
        change::take_up(office, by, &row()).unwrap();
        assert!(row().ended.is_none() && change::take_up(office, by, &row()).is_err());
        let about = format!("holding:{}", row().id);
        let acts: Vec<String> = office
            .read(|tx| crate::proof::history(tx, office.vault(), &by.org, &about))
            .unwrap()
            .into_iter()
            .map(|l| l.act)
            .collect();
        assert_eq!(acts, ["holding.taken-up", "holding.ended", "holding.changed"]);
    }
}
