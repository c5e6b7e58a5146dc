//! What a check found that could not look, beside one that could.

use candour_connectors::{DataMap, Fault, FaultKind, HoldingKind, Source};

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
