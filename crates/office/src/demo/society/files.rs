//! Small writers of document formats: just enough for the sample papers, with fixed dates inside.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::{Error, Result};
use crate::kit::post::escape;

/// Lines of a printed page.
const LINES: usize = 46;

/// A PDF of plain lines in Helvetica, as many pages as it needs.
pub fn pdf(lines: &[&str]) -> Vec<u8> {
    let pages: Vec<&[&str]> = lines.chunks(LINES).collect();
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 4 + 2 * n)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into(),
    ];
    for (n, page) in pages.iter().enumerate() {
        let content = content(page);
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * n
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}endstream", content.len()));
    }
    assemble(&objects)
}

/// The drawing of one page.
fn content(page: &[&str]) -> String {
    let mut out = String::from("BT\n/F1 11 Tf\n14 TL\n72 770 Td\n");
    for line in page {
        let safe = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        let _ = writeln!(out, "({safe}) Tj T*");
    }
    out.push_str("ET\n");
    out
}

/// Objects in a row, with the table that says where each begins.
fn assemble(objects: &[String]) -> Vec<u8> {
    let mut out = String::from("%PDF-1.4\n");
    let mut starts = Vec::new();
    for (n, object) in (1..).zip(objects) {
        starts.push(out.len());
        let _ = write!(out, "{n} 0 obj\n{object}\nendobj\n");
    }
    let (table, count) = (out.len(), objects.len() + 1);
    let _ = write!(out, "xref\n0 {count}\n0000000000 65535 f \n");
    for start in starts {
        let _ = writeln!(out, "{start:010} 00000 n ");
    }
    let _ = write!(out, "trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    out.into_bytes()
}

/// A word processor document (DOCX), one paragraph for each line. As such files do, it remembers
/// where it was written: the gate has to find that.
///
/// # Errors
/// Of the archive.
pub fn docx(lines: &[&str]) -> Result<Vec<u8>> {
    const TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Types \
        xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default \
        Extension=\"rels\" \
        ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override \
        PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument\
        .wordprocessingml.document.main+xml\"/><Override PartName=\"/docProps/core.xml\" \
        ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>";
    const RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Relationships \
        xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship \
        Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/\
        officeDocument\" Target=\"word/document.xml\"/><Relationship Id=\"r2\" \
        Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/\
        core-properties\" Target=\"docProps/core.xml\"/></Relationships>";
    const PROPERTIES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cp:coreProperties \
        xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
        xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
        <dc:creator>Members' office, desk 2</dc:creator></cp:coreProperties>";
    let paragraph =
        |l: &&str| format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escape(l));
    let body: String = lines.iter().map(paragraph).collect();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<w:document \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}\
         </w:body></w:document>"
    );
    archive(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("word/document.xml", &document),
        ("docProps/core.xml", PROPERTIES),
    ])
}

/// A word processor document (ODT), one paragraph for each line.
///
/// # Errors
/// Of the archive.
pub fn odt(lines: &[&str]) -> Result<Vec<u8>> {
    const KIND: &str = "application/vnd.oasis.opendocument.text";
    const MANIFEST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest \
        xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" \
        manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" \
        manifest:media-type=\"application/vnd.oasis.opendocument.text\"/><manifest:file-entry \
        manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>";
    let body: String = lines.iter().map(|l| format!("<text:p>{}</text:p>", escape(l))).collect();
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" office:version=\"1.2\">\
         <office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    archive(&[("mimetype", KIND), ("content.xml", &content), ("META-INF/manifest.xml", MANIFEST)])
}

/// A web page of plain paragraphs.
pub fn html(title: &str, lines: &[&str]) -> Vec<u8> {
    let body: String = lines.iter().map(|l| format!("<p>{}</p>\n", escape(l))).collect();
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         </head>\n<body>\n{body}</body></html>\n"
    )
    .into_bytes()
}

/// A ZIP whose files all bear the same fixed time.
fn archive(files: &[(&str, &str)]) -> Result<Vec<u8>> {
    let fault = |e: zip::result::ZipError| Error::fault(format!("a sample document: {e}"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        // OpenDocument wants its kind first and not compressed.
        let method = match *name {
            "mimetype" => CompressionMethod::Stored,
            _ => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default());
        zip.start_file(*name, options).map_err(fault)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish().map_err(fault)?.into_inner())
}
