//! What parent and child say to each other: a length, JSON, and in one direction the file.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Fault, FaultKind};

/// Largest file that is read, in bytes.
pub(crate) const MOST_FILE: u64 = 256 << 20;
/// Largest message, in bytes.
const MOST_FRAME: u32 = 160 << 20;
/// Longest text taken from one file, in bytes.
pub(crate) const MOST_TEXT: usize = 64 << 20;

/// Cells of a row that hold something: column from 0, and value.
pub(crate) type Cells = Vec<(u32, String)>;

/// The cells of a row with what they were: column from 0, and value.
pub(crate) type TypedCells = Vec<(u32, SheetCell)>;

/// A cell of a workbook, as what it was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SheetCell {
    /// Text, or a truth value.
    Text(String),
    /// A number.
    Number(f64),
    /// A date, a time or both.
    Date(String),
    /// What a formula came to when the workbook was saved.
    Formula(String),
    /// An error, such as `#N/A`.
    Error(String),
}

/// What the parent wants of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ask {
    /// Its readable text.
    Text,
    /// The names of its sheets.
    Sheets,
    /// The rows of a sheet, at most so many.
    Rows { sheet: String, most: u64 },
    /// The rows of a sheet with what each cell was, at most so many.
    Typed { sheet: String, most: u64 },
    /// What the program that uses this crate makes of it; the words are for it.
    Task(String),
    /// Nothing: what the child took away from itself.
    Guard,
}

/// First part of a request; `size` bytes of the file follow.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub ask: Ask,
    pub size: u64,
}

/// What a child took away from itself before it looked at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// The version of Landlock that holds it: no file, no connection. 0: the kernel has none.
    pub landlock: u8,
    /// The kernel lets it make few calls only: none that opens a file or a connection.
    pub seccomp: bool,
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    Text {
        media: Media,
        text: String,
        cut: bool,
    },
    Sheets(Vec<String>),
    /// Row numbers from 1.
    Rows(Vec<(u64, Cells)>),
    /// The same with what each cell was.
    Typed(Vec<(u64, TypedCells)>),
    /// What a task makes of the file; `size` bytes follow.
    Bytes {
        size: u64,
        #[serde(skip)]
        bytes: Vec<u8>,
    },
    Guard(Guard),
    Trouble(Trouble),
    /// The last word on a file.
    End,
}

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Media {
    Plain,
    Html,
    Message,
    Pdf,
    Word,
    Slides,
    Workbook,
    OpenText,
    OpenSlides,
    OpenSheet,
    OldWorkbook,
    Picture,
    Film,
    Unknown,
}

impl Media {
    /// The media type in the words of IANA.
    pub(crate) fn iana(self) -> &'static str {
        match self {
            Self::Plain => "text/plain",
            Self::Html => "text/html",
            Self::Message => "message/rfc822",
            Self::Pdf => "application/pdf",
            Self::Word => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Slides => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::OpenText => "application/vnd.oasis.opendocument.text",
            Self::OpenSlides => "application/vnd.oasis.opendocument.presentation",
            Self::OpenSheet => "application/vnd.oasis.opendocument.spreadsheet",
            Self::OldWorkbook => "application/vnd.ms-excel",
            Self::Picture | Self::Film | Self::Unknown => "application/octet-stream",
        }
    }
}

/// Why a file was not read. Fixed words only: a child that was taken over cannot put a file's
/// content into a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trouble {
    Encrypted,
    Damaged,
    /// More content than is read: a bomb, or a giant.
    TooLarge,
    /// Time ran out.
    TooLong,
    /// Memory ran out.
    TooMuchMemory,
    /// An archive of files.
    Archive,
    /// An old binary format without a reader here.
    Old,
    /// A kind of file without text.
    Unknown,
    /// No such sheet.
    NoSheet,
    /// The program was not named, or does not start.
    NotSet,
}

impl Trouble {
    /// The fault to tell, at this place.
    pub(crate) fn fault(self, place: impl Into<String>) -> Fault {
        let (kind, what, remedy) = match self {
            Self::Encrypted => (
                FaultKind::Damaged,
                "the file is protected by a password",
                "Ask its owner for a copy without password, and search again.",
            ),
            Self::Damaged => (
                FaultKind::Damaged,
                "the file is damaged or not what it says",
                "Open it by hand; if it opens, save it anew and search again.",
            ),
            Self::TooLarge => (
                FaultKind::Limit,
                "the file holds more than is read from one file, or unpacks to far more than it is",
                "Look at it by hand, or split it into smaller files.",
            ),
            Self::TooLong => (
                FaultKind::Limit,
                "reading the file took too long and was stopped",
                "Look at it by hand, or save it anew in a simpler form.",
            ),
            Self::TooMuchMemory => (
                FaultKind::Limit,
                "reading the file took too much memory and was stopped",
                "Look at it by hand, or split it into smaller files.",
            ),
            Self::Archive => (
                FaultKind::Damaged,
                "the file is an archive, which is not opened",
                "Unpack it into the folder and search again.",
            ),
            Self::Old => (
                FaultKind::Damaged,
                "the file is in an old format that is not read",
                "Save it in a present format (DOCX, PPTX, EML) or search it by hand.",
            ),
            Self::Unknown => (
                FaultKind::Damaged,
                "the file is of a kind that is not read",
                "Look at it by hand.",
            ),
            Self::NoSheet => (
                FaultKind::Drift,
                "the workbook has no such sheet",
                "Check the data map against the live schema.",
            ),
            Self::NotSet => (
                FaultKind::Ours,
                "the process that reads files could not be started",
                "Check that the program can start itself and that memory is left.",
            ),
        };
        Fault::new(kind, place, what, remedy)
    }
}

/// Write one message.
pub(crate) fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let json = serde_json::to_vec(message)?;
    let length = u32::try_from(json.len()).ok().filter(|l| *l <= MOST_FRAME);
    let length = length.ok_or(io::ErrorKind::InvalidData)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&json)
}

/// Read one message; `None` at the end of the stream.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0u8; 4];
    match from.read(&mut length)? {
        0 => return Ok(None),
        got => from.read_exact(&mut length[got..])?,
    }
    let length = u32::from_be_bytes(length);
    if length > MOST_FRAME {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let json = read_exactly(from, u64::from(length))?;
    Ok(Some(serde_json::from_slice(&json)?))
}

/// Read so many bytes, taking memory only as they come.
pub(crate) fn read_exactly(from: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.by_ref().take(size).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}
