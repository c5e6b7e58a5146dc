//! Rows of CSV that are composed here: UTF-8, commas, CRLF (RFC 4180).

/// Adds one cell. A beginning that a spreadsheet would take for a formula gets an apostrophe.
pub(crate) fn cell(to: &mut Vec<u8>, text: &[u8]) {
    let quotes = text.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'));
    if quotes {
        to.push(b'"');
    }
    guard(to, text);
    match quotes {
        true => {
            doubled(to, text);
            to.push(b'"');
        }
        false => to.extend_from_slice(text),
    }
}

/// [`cell`] for a list that is used again: a telephone number, which as a formula is only a
/// number, keeps its plus.
pub(crate) fn address(to: &mut Vec<u8>, text: &[u8]) {
    match text.iter().all(|b| b"+- 0123456789.".contains(b)) {
        true => to.extend_from_slice(text),
        false => cell(to, text),
    }
}

/// The apostrophe, if this beginning of a cell needs one.
pub(crate) fn guard(to: &mut Vec<u8>, text: &[u8]) {
    if matches!(text.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r')) {
        to.push(b'\'');
    }
}

/// Adds text for the inside of quotation marks.
pub(crate) fn doubled(to: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        if *byte == b'"' {
            to.push(b'"');
        }
        to.push(*byte);
    }
}

/// Adds a number as a cell of its own at the beginning of a row.
pub(crate) fn line(to: &mut Vec<u8>, line: u64) {
    to.extend_from_slice(line.to_string().as_bytes());
}

/// Ends a row.
pub(crate) fn end(to: &mut Vec<u8>) {
    to.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_reads_back() {
        let mut row = Vec::new();
        for text in ["=1+1", "+44", "-1", "@x", "\tx", "\rx", "a\"b", "a,b", "plain", ""] {
            cell(&mut row, text.as_bytes());
            row.push(b',');
        }
        address(&mut row, b"+44 7700 900001");
        address(&mut row, b"=1");
        end(&mut row);
        let told =
            "'=1+1,'+44,'-1,'@x,'\tx,\"'\rx\",\"a\"\"b\",\"a,b\",plain,,+44 7700 900001'=1\r\n";
        assert_eq!(String::from_utf8(row).unwrap(), told);
    }
}
