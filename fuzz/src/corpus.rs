//! Texts to start from: the programs and wrong programs of the repository, and what they become in the middle
//! language. Without the repository around it the corpus is empty, which is no error.

use crate::front;
use mir::inst::FuncId;
use mir::text::{print_func, print_program};
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// Folders of the repository that hold programs.
const FOLDERS: &[&str] = &["tests/lang", "tests/golden", "docs/examples", "benches/programs"];

/// Longer texts cost time and show nothing that shorter ones do not.
const LONGEST: usize = 20_000;

/// What there is to start from.
#[derive(Default)]
pub struct Corpus {
    all: Vec<String>,
    right: Vec<String>,
    mir: Vec<String>,
}

impl Corpus {
    /// Reads the repository. The order is that of the file names, the same on every machine.
    pub fn load() -> Corpus {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut paths = Vec::new();
        FOLDERS.iter().for_each(|f| collect(&root.join(f), &mut paths));
        let mut corpus = Corpus::default();
        for path in paths {
            if let Ok(text) = fs::read_to_string(path)
                && text.len() <= LONGEST
            {
                corpus.add(text);
            }
        }
        corpus.mir.sort_unstable();
        corpus.mir.dedup();
        corpus
    }

    fn add(&mut self, text: String) {
        // A program on which the builder panics is a finding of the target that runs it, not of this list.
        let built = catch_unwind(|| front::build_alone(&text));
        if let Ok(Ok(built)) = built {
            let whole = print_program(&built.program, None);
            if whole.len() <= LONGEST {
                self.mir.push(whole);
            }
            for func in &built.program.funcs {
                self.mir.push(print_func(&built.program, FuncId(0), func, None));
            }
            self.right.push(text.clone());
        }
        self.all.push(text);
    }

    /// Programs without errors.
    pub fn right(&self) -> &[String] {
        &self.right
    }

    /// All texts.
    pub fn wrong(&self) -> &[String] {
        &self.all
    }

    /// Programs and single functions of the middle language.
    pub fn mir(&self) -> &[String] {
        &self.mir
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|e| e == "nyash" || e == "txt" || e == "golden" || e == "mir")
        {
            paths.push(path);
        }
    }
}
