//! Runs a screening: one thread reads and cuts, some judge, one writes.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use super::cut::{Cutter, Piece};
use super::judge::{Desk, Judge, Judged, Tally};
use super::outs::Three;
use super::shape::{Format, SAMPLE, Sample, Told, sample};
use super::source::{Source, to_utf16};
use super::{At, Digest, Outcome, Outs, Place, Plan, ScreenError, Shape, Verdicts, written};
use crate::{Book, KeyedHash, Kind, normalise};

/// Pieces that wait before each worker, and behind it.
const WAITING: usize = 2;

/// Screens a list: sorts its rows into those that may be contacted, those that may not, and those
/// that cannot be read, in three files or, dry, in none.
///
/// Every identifier of a row is looked up in `book`, the premises of a postal address with it. The
/// verdict of the contact column, the first, counts, unless another identifier blocks the row by a
/// higher rank: others never allow.
/// `progress` is told the bytes done and the bytes in all.
///
/// Fails, with nothing written, on what [`ScreenError`] lists.
pub fn screen(
    list: &Path,
    plan: &Plan,
    book: &Book,
    verdicts: &Verdicts,
    keyed: &KeyedHash,
    outs: &Outs,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, ScreenError> {
    whole(book, verdicts)?;
    let file = File::open(list).map_err(ScreenError::reading)?;
    let meta = file.metadata().map_err(ScreenError::reading)?;
    if !meta.is_file() {
        return Err(ScreenError::NotAFile);
    }
    let mut start = Vec::new();
    let limit = u64::try_from(SAMPLE).unwrap_or(u64::MAX);
    (&file).take(limit).read_to_end(&mut start).map_err(ScreenError::reading)?;
    std::io::Seek::rewind(&mut &file).map_err(ScreenError::reading)?;
    #[cfg(feature = "parquet")]
    if super::shape::format(&start) == Format::Parquet {
        return super::columnar::screen(list, plan, (book, verdicts, keyed), outs, progress);
    }
    let sample = look(&start, meta.len(), plan)?;
    drop(start);
    let three = Three::open(list, outs)?;
    let columns = resolve(plan, &sample)?;
    let screening = Screening { plan, book, verdicts, keyed, sample: &sample, columns: &columns };
    screening.run(file, three, progress)
}

/// Every profile has a verdict, and every verdict a reason.
pub(crate) fn whole(book: &Book, verdicts: &Verdicts) -> Result<(), ScreenError> {
    let profiles = book.highest_profile().map_or(0, |highest| u64::from(highest) + 1);
    let enough = u64::try_from(verdicts.by_profile.len()).is_ok_and(|len| len >= profiles);
    let mut all = verdicts.by_profile.iter().chain([&verdicts.unknown]);
    match enough && all.all(|v| usize::from(v.reason) < verdicts.reasons.len()) {
        true => Ok(()),
        false => Err(ScreenError::Verdicts),
    }
}

fn look(start: &[u8], bytes: u64, plan: &Plan) -> Result<Sample, ScreenError> {
    let told = Told { encoding: plan.encoding, delimiter: plan.delimiter };
    let sample = sample(start, bytes, told)?;
    match sample.shape.format {
        Format::Csv => Ok(sample),
        Format::Workbook => Err(ScreenError::Workbook),
        Format::OldWorkbook => Err(ScreenError::OldWorkbook),
        Format::Parquet => Err(ScreenError::Parquet),
    }
}

/// The columns of the plan, from 0, each checked against the list.
fn resolve(plan: &Plan, sample: &Sample) -> Result<Vec<Place>, ScreenError> {
    let shape = &sample.shape;
    if plan.header && shape.no_header && !plan.force {
        return Err(ScreenError::HeaderIsARow);
    }
    let columns = places(plan, &shape.header)?;
    for place in columns.iter().filter(|_| !plan.force) {
        let cell = |row: &[String]| place.joined(|at| row.get(at).map(String::as_str));
        let cells = sample.rows.iter().map(|(_, row)| cell(row));
        let (mut all, mut good) = (0, 0);
        for cell in cells.filter(|cell| !cell.is_empty()) {
            all += 1;
            good += usize::from(normalise(place.kind, &cell).is_ok());
        }
        looks_like(place.first(), place.kind, good, all)?;
    }
    Ok(columns)
}

/// Refuses a column of whose filled cells fewer than half can be read.
pub(crate) fn looks_like(
    column: usize,
    kind: Kind,
    good: usize,
    filled: usize,
) -> Result<(), ScreenError> {
    if good * 2 >= filled {
        return Ok(());
    }
    let (number, per_cent) = (column + 1, good * 100 / filled);
    Err(ScreenError::WrongColumn { number, kind: kind.name(), per_cent, filled })
}

/// The columns of the plan among those of the header, from 0.
pub(crate) fn places(plan: &Plan, header: &[String]) -> Result<Vec<Place>, ScreenError> {
    if plan.columns.is_empty() {
        return Err(ScreenError::NoColumns);
    }
    let place = |column: &super::Column| {
        let columns = place(plan, header, &column.at)?;
        if columns.is_empty() { Err(ScreenError::NoColumns) } else { Ok((columns, column.kind)) }
    };
    let whole = |(columns, kind)| Place { columns, kind };
    plan.columns.iter().map(|column| place(column).map(whole)).collect()
}

fn place(plan: &Plan, header: &[String], at: &At) -> Result<Vec<usize>, ScreenError> {
    match at {
        At::Number(number) => {
            let there = (1..=header.len()).contains(number);
            let wrong = ScreenError::NoSuchNumber { number: *number, columns: header.len() };
            there.then(|| vec![number - 1]).ok_or(wrong)
        }
        At::Name(_) if !plan.header => Err(ScreenError::NameWithoutHeader),
        At::Name(name) => {
            let name = name.trim();
            let mut there = header.iter().enumerate().filter(|(_, n)| n.trim() == name);
            match (there.next(), there.next()) {
                (Some((at, _)), None) => Ok(vec![at]),
                (Some(_), Some(_)) => Err(ScreenError::DoubledName(name.to_owned())),
                (None, _) => Err(ScreenError::NoSuchName(name.to_owned())),
            }
        }
        At::Joined(all) => {
            let all: Result<Vec<_>, _> = all.iter().map(|at| place(plan, header, at)).collect();
            Ok(all?.concat())
        }
    }
}

/// All that a screening needs.
struct Screening<'a> {
    plan: &'a Plan,
    book: &'a Book,
    verdicts: &'a Verdicts,
    keyed: &'a KeyedHash,
    sample: &'a Sample,
    columns: &'a [Place],
}

type Worker<'scope> = (Receiver<Judged>, ScopedJoinHandle<'scope, Tally>);

impl Screening<'_> {
    fn run(
        &self,
        list: impl Read + Send,
        mut three: Three,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Outcome, ScreenError> {
        let shape = &self.sample.shape;
        let source = Source::new(list, shape.encoding.utf16());
        let mut cutter = Cutter::new(source, self.sample.dialect, self.plan.longest_row);
        let first = if self.plan.header { self.sample.first } else { 0 };
        let head = cutter.take(self.sample.mark + first)?;
        head_rows(&mut three, shape, self.plan.header, &head)?;
        let judge = Judge {
            dialect: self.sample.dialect,
            encoding: shape.encoding,
            columns: self.columns,
            width: shape.header.len(),
            longest: self.plan.longest_row,
            book: self.book,
            verdicts: self.verdicts,
            keyed: self.keyed,
        };
        let mut total = Tally::new(self.columns.len(), self.verdicts.reasons.len());
        let empty = total.clone();
        let list = std::thread::scope(|scope| {
            let (mut to, mut from) = (Vec::new(), Vec::new());
            for _ in 0..self.plan.workers.clamp(1, 64) {
                let (sender, receiver) = sync_channel(WAITING);
                to.push(sender);
                from.push(worker(scope, judge, receiver, empty.clone()));
            }
            let (spare, spares) = channel();
            let reader = scope.spawn(move || hand_out(cutter, &to, &spares));
            let (answers, workers): (Vec<_>, Vec<_>) = from.into_iter().unzip();
            let mut done = |read| progress(read, shape.bytes);
            let wrote = write(answers, &mut three, shape, &spare, &mut done);
            drop(spare);
            for worker in workers {
                total.add(&worker.join().unwrap_or_else(|p| std::panic::resume_unwind(p)));
            }
            let read = reader.join().unwrap_or_else(|p| std::panic::resume_unwind(p));
            // A writer that gave up stops the reader, so its own trouble is the one to tell.
            wrote.and(read)
        })?;
        finish(shape.clone(), list, total, three)
    }
}

/// Reads the list to its end and hands its pieces to the workers in turn.
fn hand_out(
    mut cutter: Cutter<impl Read>,
    to: &[SyncSender<Piece>],
    spares: &Receiver<Vec<u8>>,
) -> Result<Digest, ScreenError> {
    let mut turn = to.iter().cycle();
    while let Some(piece) = cutter.next(spares.try_recv().unwrap_or_default())? {
        let Some(worker) = turn.next() else { break };
        if worker.send(piece).is_err() {
            break;
        }
    }
    Ok(cutter.digest())
}

fn worker<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    judge: Judge<'env>,
    pieces: Receiver<Piece>,
    mut tally: Tally,
) -> Worker<'scope> {
    let (answer, answers) = sync_channel(WAITING);
    let thread = scope.spawn(move || {
        let mut desk = Desk::default();
        for piece in pieces {
            if answer.send(judge.judge(piece, &mut desk, &mut tally)).is_err() {
                break;
            }
        }
        tally
    });
    (answers, thread)
}

/// Writes what the workers answer, in the order in which they were asked.
fn write(
    answers: Vec<Receiver<Judged>>,
    three: &mut Three,
    shape: &Shape,
    spare: &Sender<Vec<u8>>,
    done: &mut dyn FnMut(u64),
) -> Result<(), ScreenError> {
    let mut turned = Vec::new();
    for answer in answers.iter().cycle() {
        // The first that has no more was to have the piece behind the last.
        let Ok(judged) = answer.recv() else { break };
        match shape.encoding.utf16() {
            Some(big) => {
                turned.clear();
                to_utf16(&judged.allowed, big, &mut turned);
                three.allowed.write(&turned)?;
            }
            None => three.allowed.write(&judged.allowed)?,
        }
        three.blocked.write(&judged.blocked)?;
        three.unreadable.write(&judged.unreadable)?;
        // The reader may have ended.
        let _ = spare.send(judged.allowed);
        done(judged.read);
    }
    Ok(())
}

/// The first row of each file.
fn head_rows(
    three: &mut Three,
    shape: &Shape,
    header: bool,
    head: &[u8],
) -> Result<(), ScreenError> {
    let mut turned = Vec::new();
    match shape.encoding.utf16() {
        Some(big) => to_utf16(head, big, &mut turned),
        None => turned.extend_from_slice(head),
    }
    three.allowed.write(&turned)?;
    let [blocked, unreadable] = written_heads(&shape.header, header);
    three.blocked.write(&blocked)?;
    three.unreadable.write(&unreadable)
}

/// The first rows of the blocked and of the unreadable.
pub(crate) fn written_heads(names: &[String], header: bool) -> [Vec<u8>; 2] {
    ["line,reason_code,reason", "line,what_is_wrong"].map(|own| {
        let mut row = own.as_bytes().to_vec();
        for (n, name) in names.iter().enumerate() {
            row.push(b',');
            match header {
                true => written::cell(&mut row, name.as_bytes()),
                false => written::cell(&mut row, format!("column_{}", n + 1).as_bytes()),
            }
        }
        written::end(&mut row);
        row
    })
}

/// Counts everything once more, and only then lets the files appear.
pub(crate) fn finish(
    shape: Shape,
    list: Digest,
    tally: Tally,
    three: Three,
) -> Result<Outcome, ScreenError> {
    let by_reason: u64 = tally.reasons.iter().sum();
    let sorted = tally.allowed + tally.blocked;
    if sorted + tally.unreadable != tally.rows || by_reason != sorted {
        return Err(ScreenError::Counts);
    }
    Ok(Outcome {
        shape,
        list,
        rows: tally.rows,
        allowed: tally.allowed,
        blocked: tally.blocked,
        unreadable: tally.unreadable,
        reasons: tally.reasons,
        faults: tally.faults,
        columns: tally.columns,
        short_rows: tally.short_rows,
        empty_lines: tally.empty_lines,
        written: three.finish()?,
    })
}
