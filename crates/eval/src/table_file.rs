//! Reading tables of comma-separated values.

use std::path::Path;

use crate::Error;

/// A row and the line that it stands on.
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) fields: Vec<String>,
}

impl Row {
    /// A field, or an error that names the file and the line.
    pub(crate) fn field(&self, path: &Path, at: usize) -> Result<&str, Error> {
        let missing = || Error::data(path, format!("line {} has no column {}", self.line, at + 1));
        self.fields.get(at).map(String::as_str).ok_or_else(missing)
    }
}

/// All rows of a file; those that begin with `#` are comments.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>, Error> {
    parse(&std::fs::read_to_string(path).map_err(Error::file(path))?)
        .map_err(|error| Error::data(path, error.to_string()))
}

/// All rows of a text.
pub(crate) fn parse(text: &str) -> Result<Vec<Row>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let row = |record: csv::StringRecord| Row {
        line: record.position().map_or(0, csv::Position::line),
        fields: record.iter().map(str::to_owned).collect(),
    };
    reader.records().map(|record| record.map(row)).collect()
}
