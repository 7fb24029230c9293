//! Builds programs from source for tests.

use infer::{Facts, Kinds, Ty, World};
use mir::build::{self, Unit, UnitKind};
use mir::inst::{ClassIx, FuncId};
use mir::program::Program;
use syntax::span::SourceMap;

/// A program with its facts.
pub(crate) struct Known {
    pub(crate) program: Program,
    pub(crate) facts: Facts,
}

/// Builds a program of one file.
pub(crate) fn build(text: &str) -> (Program, FuncId) {
    let (mut program, mut sources) = (Program::new(), SourceMap::new());
    link::build_prelude(&mut program, &mut sources).expect("a prelude without errors");
    let file = sources.add("main.nyash", text).expect("a small file");
    let source = sources.file(file);
    let parsed = syntax::parse(&source.text, source.base, &mut program.names);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let unit = Unit { ast: &parsed.ast, kind: UnitKind::Main, links: &[] };
    let built = build::build(&mut program, &sources, &[unit], &link::known(false));
    let errors: Vec<_> = built
        .diagnostics
        .iter()
        .filter(|d| d.severity() == syntax::diag::Severity::Error)
        .map(|d| &d.title)
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    (program, built.tops[0])
}

/// Builds and analyses.
#[allow(dead_code, reason = "every test file uses another part of it")]
pub(crate) fn analyse(text: &str) -> Known {
    let (program, top) = build(text);
    let facts = infer::analyse(&program, &World { entries: vec![top] });
    Known { program, facts }
}

#[allow(dead_code, reason = "every test file uses another part of it")]
impl Known {
    pub(crate) fn func(&self, name: &str) -> FuncId {
        let found = self.program.funcs.iter().position(|f| self.program.names.text(f.name) == name);
        FuncId(found.expect("a function of that name") as u32)
    }
    /// How many values a function has.
    pub(crate) fn values(&self, name: &str) -> u32 {
        self.program.func(self.func(name)).values
    }
    pub(crate) fn class(&self, name: &str) -> ClassIx {
        let found = self.program.classes.iter().position(|c| self.program.names.text(c.name) == name);
        ClassIx(found.expect("a class of that name") as u32)
    }
    pub(crate) fn field(&self, class: &str, name: &str) -> Ty {
        let name = self.program.names.find(name).expect("a name of the program");
        self.facts.field(self.class(class), name).expect("a field of that name")
    }
    /// Names of the classes of a type; `?` when they are not known.
    pub(crate) fn classes(&self, ty: Ty) -> Vec<String> {
        match self.facts.classes(ty) {
            Some(all) => {
                all.iter().map(|c| self.program.names.text(self.program.class(*c).name).to_owned()).collect()
            }
            None => vec!["?".to_owned()],
        }
    }
    pub(crate) fn ret(&self, name: &str) -> Kinds {
        self.facts.ret(self.func(name)).kinds
    }
    pub(crate) fn param(&self, name: &str, i: u32) -> Kinds {
        self.facts.param(self.func(name), i).kinds
    }
}
