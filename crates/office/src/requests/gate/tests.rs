//! Each file is made here, with each thing that the gate has to see.

use std::io::{Cursor, Read as _, Write as _};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::*;

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(data).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn part(zip: &[u8], name: &str) -> Option<String> {
    let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut text = String::new();
    zip.by_name(name).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

const W: &str = "xmlns:w=\"w\" xmlns:r=\"r\"";

/// A DOCX with this body, these further parts and relationships.
fn docx(body: &str, more: &[(&str, &[u8])], rels: &str) -> Vec<u8> {
    let document =
        format!("<?xml version=\"1.0\"?><w:document {W}><w:body>{body}</w:body></w:document>");
    let overrides: String = more
        .iter()
        .map(|(n, _)| format!("<Override PartName=\"/{n}\" ContentType=\"x\"/>"))
        .collect();
    let types = format!("<Types><Override PartName=\"/word/document.xml\"/>{overrides}</Types>");
    let rels = format!("<Relationships>{rels}</Relationships>");
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", rels.as_bytes()),
    ];
    parts.extend_from_slice(more);
    zipped(&parts)
}

/// An XLSX whose workbook and sheet hold this.
fn xlsx(workbook: &str, sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let workbook = format!("<workbook>{workbook}</workbook>");
    let sheet = format!("<worksheet xmlns:r=\"r\">{sheet}</worksheet>");
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend_from_slice(more);
    zipped(&parts)
}

fn odf(kind: &str, content: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mime = format!("application/vnd.oasis.opendocument.{kind}");
    let content = format!("<office:document-content>{content}</office:document-content>");
    let entries: String =
        more.iter().map(|(n, _)| format!("<m:file-entry m:full-path=\"{n}\"/>")).collect();
    let manifest = format!("<m:manifest>{entries}</m:manifest>");
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("mimetype", mime.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ];
    parts.extend_from_slice(more);
    zipped(&parts)
}

fn looks(raw: &[u8]) -> (Kind, Outcome, Vec<(String, Then)>) {
    let c = check("", "", raw);
    (c.kind, c.outcome, c.findings.into_iter().map(|f| (f.what, f.then)).collect())
}

fn stops(raw: &[u8], what: &str) {
    let (_, outcome, findings) = looks(raw);
    assert_eq!(outcome, Outcome::Stopped, "{what}: {findings:?}");
    assert!(findings.iter().any(|(w, t)| w == what && *t == Then::Stopped), "{what}: {findings:?}");
    assert!(check("", "", raw).clean.is_none());
}

fn passes(raw: &[u8], kind: Kind) {
    assert_eq!(looks(raw), (kind, Outcome::Passed, Vec::new()));
}

fn cleaned(raw: &[u8], what: &str) -> Vec<u8> {
    let c = check("", "", raw);
    assert_eq!(c.outcome, Outcome::Cleaned, "{:?}", c.findings);
    assert!(
        c.findings.iter().any(|f| f.what == what && f.then == Then::Cleaned),
        "{:?}",
        c.findings
    );
    let clean = c.clean.unwrap();
    let again = check("", "", &clean);
    assert_eq!(again.outcome, Outcome::Passed, "cleaned twice: {:?}", again.findings);
    clean
}

#[test]
fn a_plain_document_passes_as_it_is() {
    passes(&docx("<w:p><w:r><w:t>Hello</w:t></w:r></w:p>", &[], ""), Kind::Document);
    passes(&xlsx("<sheet name=\"a\"/>", "<row r=\"1\"/>", &[]), Kind::Workbook);
    passes(&odf("text", "<text:p>Hello</text:p>", &[]), Kind::OpenDocument);
    passes(&odf("spreadsheet", "<table:table-row/>", &[]), Kind::OpenWorkbook);
}

#[test]
fn documents_lose_what_is_about_the_file() {
    let comments = "<w:comments>Zebediah</w:comments>";
    let body = "<w:p w:rsidR=\"00AB\"><w:commentRangeStart w:id=\"0\"/>\
                <w:r><w:t>A &amp; B</w:t></w:r>\
                <w:commentRangeEnd w:id=\"0\"/><w:r><w:commentReference w:id=\"0\"/></w:r></w:p>";
    let rels = "<Relationship Id=\"r1\" Target=\"comments.xml\"/>\
                <Relationship Id=\"r2\" Target=\"styles.xml\"/>";
    let raw = docx(
        body,
        &[
            ("docProps/core.xml", b"<a>Zebediah</a>"),
            ("docProps/thumbnail.jpeg", b"Zebediah"),
            ("word/comments.xml", comments.as_bytes()),
            ("customXml/item1.xml", b"<a>Zebediah</a>"),
            ("word/styles.xml", b"<w:styles/>"),
            ("word/settings.xml", b"<w:settings><w:rsids><w:rsid/></w:rsids></w:settings>"),
        ],
        rels,
    );
    let clean = cleaned(&raw, "comments");
    for name in
        ["docProps/core.xml", "docProps/thumbnail.jpeg", "word/comments.xml", "customXml/item1.xml"]
    {
        assert!(part(&clean, name).is_none(), "{name}");
    }
    let document = part(&clean, "word/document.xml").unwrap();
    assert!(document.contains("A &amp; B") && !document.contains("comment"), "{document}");
    assert!(!document.contains("rsid"));
    let rels = part(&clean, "word/_rels/document.xml.rels").unwrap();
    assert!(!rels.contains("comments.xml") && rels.contains("styles.xml"), "{rels}");
    assert!(!part(&clean, "[Content_Types].xml").unwrap().contains("comments"));
    let read = check("", "", &raw).findings.into_iter().find(|f| f.what == "comments").unwrap();
    assert!(read.read_it, "a comment may be about the person: somebody has to read it");
}

#[test]
fn documents_with_hidden_content_stop() {
    let t = |body: &str, what| stops(&docx(body, &[], ""), what);
    t(
        "<w:del><w:r><w:delText>Zebediah</w:delText></w:r></w:del>",
        "deleted text that is still there",
    );
    t("<w:ins w:author=\"x\"><w:r/></w:ins>", "tracked changes");
    t("<w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r>", "hidden text");
    t("<w:object/>", "embedded files");
    stops(&docx("", &[("word/embeddings/a.xlsx", b"x")], ""), "embedded files");
    stops(&docx("", &[("word/vbaProject.bin", b"x")], ""), "programs (macros)");
    let image = "<Relationship Type=\"x/image\" Target=\"http://a\" TargetMode=\"External\"/>";
    stops(&docx("", &[], image), "parts that are fetched from elsewhere");
    let link = "<Relationship Type=\"x/hyperlink\" Target=\"http://a\" TargetMode=\"External\"/>";
    passes(&docx("<w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr></w:r>", &[], link), Kind::Document);
}

#[test]
fn workbooks_with_hidden_content_stop() {
    let t = |book: &str, sheet: &str, what| stops(&xlsx(book, sheet, &[]), what);
    t("<sheet state=\"hidden\"/>", "", "hidden sheets");
    t("<sheet state=\"veryHidden\"/>", "", "hidden sheets");
    t("", "<row r=\"2\" hidden=\"1\"/>", "hidden rows");
    t("", "<cols><col min=\"1\" hidden=\"true\"/></cols>", "hidden columns");
    let p = |name: &str, what| stops(&xlsx("", "", &[(name, b"<a/>")]), what);
    p("xl/externalLinks/externalLink1.xml", "links to other files, with their values");
    p("xl/pivotCache/pivotCacheRecords1.xml", "copies of data behind a table");
    p("xl/embeddings/a.bin", "embedded files");
    let (_, outcome, found) = looks(&xlsx("<definedName name=\"a\">b</definedName>", "", &[]));
    assert_eq!(outcome, Outcome::Passed);
    assert_eq!(found, [("names for cells".to_owned(), Then::Noted)]);
}

#[test]
fn workbooks_lose_their_comments() {
    let raw = xlsx("<sheet name=\"a\"/>", "<sheetData/><legacyDrawing r:id=\"r1\"/>", &[
        ("xl/comments1.xml", b"<comments>Zebediah</comments>"),
        ("xl/drawings/vmlDrawing1.vml", b"<xml><x:ClientData ObjectType=\"Note\"/></xml>"),
        ("xl/worksheets/_rels/sheet1.xml.rels",
         b"<Relationships>\
                   <Relationship Id=\"r1\" Target=\"../drawings/vmlDrawing1.vml\"/></Relationships>"),
        ("docProps/app.xml", b"<a>Company</a>"),
    ]);
    let clean = cleaned(&raw, "comments");
    assert!(!part(&clean, "xl/worksheets/sheet1.xml").unwrap().contains("legacyDrawing"));
    assert!(!part(&clean, "xl/worksheets/_rels/sheet1.xml.rels").unwrap().contains("vml"));
    let button: &[u8] = b"<xml><x:ClientData ObjectType=\"Button\"/></xml>";
    stops(&xlsx("", "", &[("xl/drawings/vmlDrawing1.vml", button)]), "controls in a sheet");
}

#[test]
fn a_real_workbook_is_cleaned_and_opens() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Amara Quill").unwrap();
    sheet.insert_note(0, 0, &rust_xlsxwriter::Note::new("Zebediah")).unwrap();
    let raw = book.save_to_buffer().unwrap();
    let clean = cleaned(&raw, "properties of the file");
    assert!(part(&clean, "xl/sharedStrings.xml").unwrap().contains("Amara Quill"));
    let mut hidden = rust_xlsxwriter::Workbook::new();
    hidden.add_worksheet();
    hidden.add_worksheet().set_hidden(true);
    stops(&hidden.save_to_buffer().unwrap(), "hidden sheets");
}

#[test]
fn open_documents() {
    let t = |kind: &str, content: &str, what| stops(&odf(kind, content, &[]), what);
    t(
        "text",
        "<text:tracked-changes><text:changed-region/></text:tracked-changes>",
        "tracked changes",
    );
    t("text", "<text:hidden-paragraph/>", "hidden text");
    t("text", "<style:text-properties text:display=\"none\"/>", "hidden text");
    t("spreadsheet", "<style:table-properties table:display=\"false\"/>", "hidden sheets");
    t("spreadsheet", "<table:table-row table:visibility=\"collapse\"/>", "hidden rows");
    t("spreadsheet", "<table:table-column table:visibility=\"filter\"/>", "hidden columns");
    t("spreadsheet", "<table:table-source xlink:href=\"a.ods\"/>", "links to other files");
    t(
        "text",
        "<draw:image xlink:href=\"https://a/b.png\"/>",
        "parts that are fetched from elsewhere",
    );
    stops(&odf("text", "", &[("Object 1/content.xml", b"<a/>")]), "embedded files");
    stops(&odf("text", "", &[("Basic/a.xml", b"<a/>")]), "programs (macros)");
    let raw = odf(
        "text",
        "<text:p>Kept<office:annotation><text:p>Zebediah</text:p></office:annotation></text:p>",
        &[
            ("meta.xml", b"<a>Zebediah</a>"),
            ("Thumbnails/thumbnail.png", b"x"),
            ("Versions/Version1", b"Zebediah"),
            ("VersionList.xml", b"<a/>"),
        ],
    );
    let clean = cleaned(&raw, "earlier versions");
    assert_eq!(
        part(&clean, "content.xml").unwrap(),
        "<office:document-content><text:p>Kept</text:p></office:document-content>"
    );
    assert!(part(&clean, "meta.xml").is_none() && part(&clean, "Versions/Version1").is_none());
    assert!(!part(&clean, "META-INF/manifest.xml").unwrap().contains("Version"));
    assert!(clean[30..].starts_with(b"mimetype"), "first and not packed");
}

#[test]
fn bombs_and_odd_zips_stop() {
    let zeros = vec![b' '; 40 << 20];
    let bomb = docx("", &[("word/a.bin", &zeros)], "");
    assert!(bomb.len() < 100_000);
    stops(&bomb, "the file grows too large when it is unpacked");
    stops(&docx("", &[("../evil.xml", b"<a/>")], ""), "a part has a path that leads outside");
    let entity = "<!DOCTYPE a [<!ENTITY b \"c\">]><w:document/>";
    stops(
        &zipped(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", entity.as_bytes())]),
        "a part of the file can’t be read",
    );
    stops(&zipped(&[("a.txt", b"a")]), "a kind of file that can't be checked");
}

/// A PDF of these objects; `/Info` is object 2.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let mut raw = b"%PDF-1.4\n".to_vec();
    for (i, o) in objects.iter().enumerate() {
        raw.extend_from_slice(format!("{} 0 obj\n{o}\nendobj\n", i + 1).as_bytes());
    }
    raw.extend_from_slice(b"trailer <</Root 1 0 R /Info 2 0 R>>\nstartxref\n9\n%%EOF\n");
    raw
}

#[test]
fn pdf_properties_are_blanked_where_they_stand() {
    let xmp =
        "<</Type /Metadata /Subtype /XML /Length 30>>\nstream\n<x>Zebediah Farthing</x>\nendstream";
    let raw =
        pdf(&["<</Type /Catalog>>", "<</Author (Zeb \\) ediah) /Company <5A6562> /N 5>>", xmp]);
    let c = check("", "", &raw);
    assert_eq!((c.kind, c.outcome), (Kind::Pdf, Outcome::Cleaned));
    let clean = c.clean.unwrap();
    assert_eq!(clean.len(), raw.len());
    let text = String::from_utf8(clean.clone()).unwrap();
    assert!(
        !text.contains("Zeb") && !text.contains("5A6562") && !text.contains("Farthing"),
        "{text}"
    );
    assert!(text.contains("/Author (") && text.contains("/N 5>>") && text.contains("/Catalog"));
    assert_eq!(check("", "", &clean).outcome, Outcome::Passed);
    passes(&pdf(&["<</Type /Catalog>>", "<<>>"]), Kind::Pdf);
}

#[test]
fn pdfs_with_hidden_content_stop() {
    let t = |object: &str, what| stops(&pdf(&["<<>>", "<<>>", object]), what);
    t("<</Type /Annot /Subtype /Text /Contents (x)>>", "comments and other annotations");
    for kind in ["Highlight", "Circle", "Line", "Polygon", "PolyLine", "Screen", "Watermark"] {
        t(&format!("<</Subtype/{kind}>>"), "comments and other annotations");
    }
    t("<</Type /Page /Thumb 9 0 R>>", "small pictures of pages, as they were once");
    t("<</S /JavaScript /JS (x)>>", "programs");
    t("<</S /J#61vaScript>>", "programs");
    t("<</Type /EmbeddedFile>>", "embedded files");
    t("<</OCProperties 1>>", "layers that can be switched off");
    let mut twice = pdf(&["<<>>", "<<>>"]);
    twice.extend_from_slice(b"3 0 obj <<>> endobj\n%%EOF\n");
    stops(&twice, "earlier versions");
    let mut tail = pdf(&["<<>>", "<<>>"]);
    tail.extend_from_slice(b"PK");
    stops(&tail, "data behind the document");
    let mut locked = pdf(&["<<>>", "<<>>"]);
    let at = locked.windows(5).rposition(|w| w == b"/Info").unwrap();
    locked.splice(at..at, *b"/Encrypt 3 0 R ");
    stops(&locked, "a password");
    let link = pdf(&["<<>>", "<<>>", "<</Type /Annot /Subtype /Link>>"]);
    passes(&link, Kind::Pdf);
}

#[test]
fn pdf_objects_in_streams_are_seen() {
    let pack = |text: &str| {
        let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        z.write_all(text.as_bytes()).unwrap();
        let data = z.finish().unwrap();
        let mut raw =
            b"%PDF-1.5\n1 0 obj <</Type /ObjStm /Filter /FlateDecode>>\nstream\n".to_vec();
        raw.extend_from_slice(&data);
        raw.extend_from_slice(b"\nendstream endobj\n%%EOF\n");
        raw
    };
    stops(&pack("<</S /JavaScript>>"), "programs");
    stops(&pack("<</Author (Zebediah)>>"), "properties that can’t be taken out");
    passes(&pack("<</Type /Page>>"), Kind::Pdf);
    // Other ways of packing are not unpacked here, so the file is not let through unseen.
    let as_it_is = |filter: &str| {
        let text = format!(
            "%PDF-1.5\n1 0 obj <</Type /ObjStm{filter}>>\nstream\n<</S /JavaScript>>\nendstream \
             endobj\n%%EOF\n"
        );
        text.into_bytes()
    };
    stops(&as_it_is(" /N 1 /First 4"), "programs");
    for filter in [
        " /Filter /LZWDecode",
        " /Filter /ASCIIHexDecode",
        " /Filter [/ASCII85Decode /FlateDecode]",
        " /Filter /FlateDecode /DecodeParms <</Predictor 12>>",
        " /Filter 7 0 R",
    ] {
        stops(&as_it_is(filter), "objects in a form that is not unpacked here");
    }
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

#[test]
fn pictures_lose_place_and_remarks() {
    let exif = [&b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04"[..], b"Zebediah"].concat();
    let scan = [0x11, 0xff, 0, 0x22, 0xff, 0xd0, 0x33];
    let kept =
        [segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), segment(0xdb, &[0; 65])].concat();
    let tail = [segment(0xda, &[0; 6]), scan.to_vec(), vec![0xff, 0xd9]].concat();
    let raw = [
        &[0xff, 0xd8][..],
        &kept,
        &segment(0xe1, &exif),
        &segment(0xfe, b"Zebediah"),
        &tail,
        b"PK",
    ]
    .concat();
    let clean = cleaned(&raw, "the place where the picture was taken");
    assert_eq!(clean, [&[0xff, 0xd8][..], &kept, &tail].concat());
    let what: Vec<_> = looks(&raw).2.into_iter().map(|(w, _)| w).collect();
    assert!(what.contains(&"data behind the picture".to_owned()), "{what:?}");
    stops(&raw[..raw.len() - 6], "the picture is damaged");
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], name, data, &[0; 4]].concat()
}

#[test]
fn png_texts_go() {
    let head = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &[0; 13])].concat();
    let end = [chunk(b"IDAT", b"x"), chunk(b"IEND", b"")].concat();
    let raw = [
        &head[..],
        &chunk(b"tEXt", b"Author\0Zebediah"),
        &chunk(b"eXIf", b"\x88\x25\0\x04"),
        &end,
        b"x",
    ]
    .concat();
    assert_eq!(cleaned(&raw, "a remark in the picture"), [&head[..], &end].concat());
    passes(&[&head[..], &end].concat(), Kind::Png);
}

#[test]
fn gif_remarks_go() {
    let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    let picture = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0";
    let remark = b"\x21\xfe\x08Zebediah\0";
    let raw = [&head[..], remark, picture, b"\x3b", b"PK"].concat();
    assert_eq!(cleaned(&raw, "a remark in the picture"), [&head[..], picture, b"\x3b"].concat());
    stops(&raw[..30], "the picture is damaged");
}

#[test]
fn pictures_inside_documents_are_cleaned_too() {
    let head = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &[0; 13])].concat();
    let end = [chunk(b"IDAT", b"x"), chunk(b"IEND", b"")].concat();
    let png = [&head[..], &chunk(b"tEXt", b"Author\0Zebediah"), &end].concat();
    let raw = docx("", &[("word/media/image1.png", &png)], "");
    let clean = cleaned(&raw, "properties of pictures in the file");
    let mut zip = ZipArchive::new(Cursor::new(&clean)).unwrap();
    let mut bytes = Vec::new();
    zip.by_name("word/media/image1.png").unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, [&head[..], &end].concat());
}

#[test]
fn pages_that_run_fetch_or_hide_stop() {
    let t =
        |body: &str, what| stops(format!("<!DOCTYPE html><body>{body}</body>").as_bytes(), what);
    t("<script>x</script>", "programs");
    t("<p onclick=\"x()\">", "programs");
    t("<a href=\"javascript:x\">", "programs");
    t("<img src=\"https://a/b.gif\">", "parts that are fetched from elsewhere");
    t("<p style=\"background:url(x)\">", "parts that are fetched from elsewhere");
    t("<!-- Zebediah -->", "hidden text");
    t("<p style=\"display:none\">", "hidden text");
    passes(b"<!DOCTYPE html><p>Hello <a href=\"https://a\">a</a></p>", Kind::Html);
}

#[test]
fn tables_and_texts() {
    let c = check("list.csv", "text/csv", b"a,b\r\n=1+1,-5\r\n@x,\"+44 1\"\r\n");
    assert_eq!((c.kind, c.outcome, c.findings[0].count), (Kind::Csv, Outcome::Cleaned, 3));
    assert_eq!(c.clean.unwrap(), b"a,b\r\n'=1+1,-5\r\n'@x,'+44 1\r\n");
    assert_eq!(check("list.csv", "", b"a;b\r\n1;2\r\n").outcome, Outcome::Passed);
    assert_eq!(check("a.txt", "text/plain", b"=1+1").outcome, Outcome::Passed);
    assert_eq!(check("a", "text/plain", b"a\0b").outcome, Outcome::Stopped);
    assert_eq!(check("a.svg", "image/svg+xml", b"<svg/>").outcome, Outcome::Stopped);
    assert_eq!(check("a.rtf", "text/rtf", b"{\\rtf1}").outcome, Outcome::Stopped);
}

#[test]
fn the_guard() {
    for risky in ["=1", "+a", "-a", "@a", "\ta", "\ra", "-1+1", "=", "-", "+1 2", "-1.2.3"] {
        assert_eq!(guard(risky), format!("'{risky}"));
    }
    for plain in ["", "a=1", "-5", "+447700900123", "-5.20", "1", "2026-11-22", " =1"] {
        assert_eq!(guard(plain), plain);
    }
}

fn message(attachment: &str) -> Vec<u8> {
    format!(
        "From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
         Hello\r\n--b\r\n{attachment}\r\n--b--\r\n"
    )
    .into_bytes()
}

#[test]
fn messages_pass_with_their_attachments() {
    let plain =
        "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nNote";
    let c = check("m.eml", "message/rfc822", &message(plain));
    assert_eq!((c.kind, c.outcome, c.attachments.len()), (Kind::Message, Outcome::Passed, 1));
    let bad = "Content-Type: application/octet-stream\r\n\
               Content-Disposition: attachment; filename=a.bin\r\n\
               Content-Transfer-Encoding: base64\r\n\r\nAAECAw==";
    let c = check("m.eml", "message/rfc822", &message(bad));
    assert_eq!((c.outcome, c.attachments[0].checked.outcome), (Outcome::Stopped, Outcome::Stopped));
    assert_eq!(c.attachments[0].name, "a.bin");
}

fn samples() -> Vec<Vec<u8>> {
    let exif = segment(0xe1, b"Exif\0\0abc");
    vec![
        docx("<w:p w:rsidR=\"1\"/>", &[("docProps/core.xml", b"<a/>")], ""),
        odf("text", "<text:p/>", &[("meta.xml", b"<a/>")]),
        pdf(&["<<>>", "<</Author (x)>>", "<</Type /Metadata>>\nstream\nabc\nendstream"]),
        [&[0xff, 0xd8][..], &exif, &segment(0xda, &[0; 6]), &[1, 2, 0xff, 0xd9]].concat(),
        [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"tEXt", b"a"), &chunk(b"IEND", b"")].concat(),
        b"GIF89a\x01\0\x01\0\0\0\0\x21\xfe\x01a\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x01\x4c\0\x3b"
            .to_vec(),
        message("Content-Type: text/html\r\n\r\n<p>"),
        b"<!DOCTYPE html><p style='a'>x".to_vec(),
    ]
}

proptest! {
    /// Whatever is done to a file, the gate answers, and what it cleans it need not clean again.
    #[test]
    fn the_gate_always_answers(
        which in 0..8_usize,
        changes in vec((any::<Index>(), any::<u8>()), 0..12),
        cut in any::<Index>(),
        shorten in any::<bool>(),
    ) {
        let mut raw = samples().swap_remove(which);
        for (at, byte) in changes {
            let i = at.index(raw.len());
            raw[i] = byte;
        }
        if shorten {
            let end = cut.index(raw.len());
            raw.truncate(end);
        }
        let kind = Kind::of("", "", &raw);
        let c = check("", "", &raw);
        prop_assert!(!c.findings.iter().any(|f| f.what.contains("broke the program")));
        prop_assert_eq!(c.kind, kind);
        if let Some(clean) = c.clean {
            prop_assert_eq!(check("", "", &clean).outcome, Outcome::Passed);
        }
    }

    #[test]
    fn no_bytes_break_the_gate(raw in vec(any::<u8>(), 0..400), k in 0..5_usize) {
        let heads: [&[u8]; 5] =
            [b"GIF89a", b"PK\x03\x04", b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"];
        let c = check("", "", &[heads[k], &raw].concat());
        prop_assert!(!c.findings.iter().any(|f| f.what.contains("broke the program")));
    }
}
