//! What a snapshot costs a read: `reads FOLDER READS [URL]` asks one row by its key so many times
//! in a transaction of its own and so many times without, in turns, in an encrypted database in
//! the folder or on the server, and prints one line of JSON: microseconds a read, and the ratio.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candour_db::{Db, DbError, Key, Migration, Place, Tx, bind};

const TABLES: &[Migration] = &[Migration {
    name: "0001_rows",
    sql: "CREATE TABLE read_rows (n BIGINT PRIMARY KEY, words TEXT NOT NULL);",
}];
const ROWS: i64 = 1000;
const TURN: u64 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (folder, reads, url) = match args.as_slice() {
        [folder, reads] => (folder, reads, None),
        [folder, reads, url] => (folder, reads, Some(url.clone())),
        _ => return Err("usage: reads FOLDER READS [URL]".into()),
    };
    let path = Path::new(folder).join("reads.db");
    let place = match url {
        Some(url) => Place::Postgres { url },
        None => Place::Sqlite { path, key: Some(Key([7; 32])) },
    };
    let db = Db::open(&place, TABLES, Arc::new(|_, _| Ok(())))?;
    db.write(|tx| {
        let sql = "INSERT INTO read_rows (n, words) VALUES ($1, $2) ON CONFLICT (n) DO NOTHING";
        (0..ROWS).try_for_each(|n| tx.exec(sql, bind![n, "an act of an office"]).map(drop))
    })?;
    let (mut whole, mut one) = (Duration::ZERO, Duration::ZERO);
    let turns = reads.parse::<u64>()?.div_ceil(TURN);
    for _ in 0..turns {
        whole += timed(|n| db.read(|tx| ask(tx, n)))?;
        one += timed(|n| db.read_one(|tx| ask(tx, n)))?;
    }
    let each = |d: Duration| d.as_secs_f64() * 1e6 / (turns * TURN) as f64;
    let ratio = whole.as_secs_f64() / one.as_secs_f64();
    let (whole, one) = (each(whole), each(one));
    println!("{{\"snapshot_us\":{whole:.1},\"one_us\":{one:.1},\"ratio\":{ratio:.2}}}");
    Ok(())
}

fn ask(tx: &mut Tx<'_>, n: i64) -> Result<Option<String>, DbError> {
    tx.row("SELECT words FROM read_rows WHERE n = $1", bind![n], |r| r.text("words"))
}

fn timed(
    read: impl Fn(i64) -> Result<Option<String>, DbError>,
) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    for n in 0..TURN {
        let n = i64::try_from(n)? % ROWS;
        if read(n)?.is_none() {
            return Err("a row is missing".into());
        }
    }
    Ok(start.elapsed())
}
