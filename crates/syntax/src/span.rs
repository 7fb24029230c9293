//! Positions in source text. All files of a program share one space of `u32` byte positions, so a
//! span of eight bytes says file, line and column. It does not read files.

/// A half-open range of bytes in the position space of a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

impl Span {
    /// The span from `lo` up to `hi`.
    pub fn new(lo: u32, hi: u32) -> Span {
        Span { lo, hi }
    }
    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }
}

/// Index of a file in a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// One source file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As shown in messages.
    pub name: String,
    /// The text.
    pub text: String,
    /// Position of the first byte in the shared space.
    pub base: u32,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// Offset of the first byte of the text proper.
    pub fn start(&self) -> usize {
        mark_of(&self.text) as usize
    }
}

/// How many bytes a byte order mark takes, which is in front of the first column.
fn mark_of(text: &str) -> u32 {
    if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() as u32 } else { 0 }
}

/// All source files of a program.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

/// The files of a program exceed 4 GiB together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge;

impl SourceMap {
    /// No files.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file. Positions start at 1 so that the default span (0..0) belongs to no file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> Result<FileId, TooLarge> {
        let text = text.into();
        let base = self.files.last().map_or(1, |f| f.base + f.text.len() as u32 + 1);
        if text.len() as u64 + u64::from(base) + 1 >= u64::from(u32::MAX) {
            return Err(TooLarge);
        }
        let mut line_starts = vec![mark_of(&text)];
        line_starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        self.files.push(SourceFile { name: name.into(), text, base, line_starts });
        Ok(FileId(self.files.len() as u32 - 1))
    }

    /// A file.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files in order of addition.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The file a position belongs to.
    pub fn file_at(&self, pos: u32) -> Option<FileId> {
        let i = self.files.partition_point(|f| f.base <= pos).checked_sub(1)?;
        (pos - self.files[i].base <= self.files[i].text.len() as u32).then_some(FileId(i as u32))
    }

    /// The text of a span; empty when it belongs to no file.
    pub fn text(&self, span: Span) -> &str {
        let Some(id) = self.file_at(span.lo) else { return "" };
        let f = self.file(id);
        let lo = (span.lo - f.base) as usize;
        f.text.get(lo..(span.hi.saturating_sub(f.base)) as usize).unwrap_or("")
    }

    /// File, line and column (both from 1, the column in code points) of a position.
    pub fn locate(&self, pos: u32) -> Option<Location<'_>> {
        let f = self.file(self.file_at(pos)?);
        let offset = pos - f.base;
        // A place in the byte order mark is in the first line too.
        let line = f.line_starts.partition_point(|s| *s <= offset).max(1);
        let start = f.line_starts[line - 1] as usize;
        let column = f.text.get(start..offset as usize).map_or(0, |t| t.chars().count()) as u32 + 1;
        Some(Location { file: &f.name, line: line as u32, column })
    }
}

/// A position as people say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location<'a> {
    /// File name as shown in messages.
    pub file: &'a str,
    /// From 1.
    pub line: u32,
    /// From 1, in code points.
    pub column: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_has_no_column() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "\u{FEFF}ab\nc").expect("it is short");
        let base = sources.file(file).base;
        let at = |offset| sources.locate(base + offset).map(|at| (at.line, at.column));
        assert_eq!([at(0), at(3), at(4), at(6)], [(1, 1), (1, 1), (1, 2), (2, 1)].map(Some));
    }
}
