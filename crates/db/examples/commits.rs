//! How many durable writes a second: `commits FOLDER WRITERS WRITES` lets so many threads insert so
//! many rows into a new encrypted database in the folder, counts them afterwards, and prints one
//! line of JSON. Each write is answered only after its commit is on the disk.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use candour_db::{Db, DbError, Key, Migration, Place, bind};

const TABLES: &[Migration] = &[Migration {
    name: "0001_rows",
    sql: "CREATE TABLE rows (n BIGINT PRIMARY KEY, words TEXT NOT NULL);",
}];

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, writers, writes] = args.as_slice() else {
        return Err("usage: commits FOLDER WRITERS WRITES".into());
    };
    let (writers, writes): (u64, u64) = (writers.parse()?, writes.parse()?);
    let path = Path::new(folder).join("commits.db");
    let place = Place::Sqlite { path, key: Some(Key([7; 32])) };
    let db = Db::open(&place, TABLES, Arc::new(|_, _| Ok(())))?;
    let next = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        let all: Vec<_> = (0..writers).map(|_| scope.spawn(|| write(&db, &next, writes))).collect();
        for thread in all {
            thread.join().map_err(|_| "a writer panicked")??;
        }
        Ok(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let kept = db.read(|tx| tx.count("SELECT count(*) AS n FROM rows", &[]))?;
    if kept != writes {
        return Err(format!("{kept} rows were kept of {writes}").into());
    }
    println!("{{\"writers\":{writers},\"writes\":{writes},\"seconds\":{seconds:.3}}}");
    Ok(())
}

fn write(db: &Db, next: &AtomicU64, writes: u64) -> Result<(), DbError> {
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= writes {
            return Ok(());
        }
        db.write(move |tx| {
            let words = "an act of an office, as long as most of them are";
            tx.exec("INSERT INTO rows (n, words) VALUES ($1, $2)", bind![n, words]).map(drop)
        })?;
    }
}
