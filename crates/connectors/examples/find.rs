//! Search one holding for one e-mail address and say what it cost: the connectors alone, without
//! the office. `find MAP EMAIL [TIMES]`; relative paths in the map start at the map's folder.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use candour_connectors::{Body, DataMap, Fault, Found, Identifier, Kind, Limits, Seek, Sink, open};
use candour_screening::normalise;

/// Counts what comes and keeps nothing.
#[derive(Default)]
struct Count {
    rows: u64,
    bytes: u64,
}

impl Sink for Count {
    fn item(&mut self, found: Found) -> Result<(), Fault> {
        self.rows += 1;
        if let Body::Row { fields } = &found.body {
            self.bytes +=
                fields.iter().filter_map(|(_, v)| v.as_ref()).map(|v| v.len() as u64).sum::<u64>();
        }
        Ok(())
    }

    fn progress(&mut self, _: u64, _: Option<u64>) {}

    fn missed(&mut self, fault: Fault) {
        eprintln!("missed: {fault}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(email)) = (args.next(), args.next()) else {
        return Err("usage: find MAP EMAIL [TIMES]".into());
    };
    let times: u32 = args.next().map_or(Ok(1), |n| n.parse())?;
    let map = DataMap::from_toml(&std::fs::read_to_string(&file)?, &file)?;
    let base = Path::new(&file).parent().unwrap_or(Path::new("."));
    let normal = normalise(Kind::Email, &email)?;
    let identifiers =
        vec![Identifier { kind: Kind::Email, normal, as_given: email, learned_from: None }];
    let seek = Seek { identifiers, ..Seek::default() };
    for _ in 0..times {
        let start = Instant::now();
        let mut connector = open(&map, base, Limits::at(jiff::Timestamp::now()))?;
        let mut count = Count::default();
        let searched = connector.find(&map, &seek, &mut count)?;
        let took = start.elapsed();
        let Count { rows, bytes } = count;
        println!("{rows} rows, {bytes} bytes, {} places, {took:.1?}", searched.places.len());
    }
    Ok(())
}
