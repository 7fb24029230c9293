//! Types, functions and places in words. Long types are cut: what is wanted is a line that somebody reads, and a program
//! of many boxes has fields that hold any of them.

use mir::inst::{ClassIx, FuncId};
use mir::program::Program;
use nyrt::builtin::class_name;
use syntax::span::{SourceMap, Span};

use crate::copies::CopyOf;
use crate::facts::{Facts, Object};
use crate::ty::{Kinds, Ty};

/// Members of a union that are named: outside, and within other types.
const MEMBERS: [usize; 2] = [6, 3];
/// How deep contents of contents are shown.
const DEPTH: usize = 2;

/// A program and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) program: &'a Program,
    pub(crate) sources: &'a SourceMap,
    /// The file whose name goes without saying.
    pub(crate) file: &'a str,
}

impl Words<'_> {
    /// `12:5`, in other files than the main one `lib.nyash:12:5`. Folders would only make the line long.
    pub(crate) fn place(&self, span: Span) -> String {
        match self.sources.locate(span.lo) {
            Some(at) if at.file == self.file => format!("{}:{}", at.line, at.column),
            Some(at) => {
                let file = at.file.rsplit(['/', '\\']).next().unwrap_or(at.file);
                format!("{file}:{}:{}", at.line, at.column)
            }
            None => "nowhere".to_owned(),
        }
    }

    /// What was copied, and for which place.
    fn copy(&self, copy: Option<CopyOf>) -> String {
        let Some(CopyOf { number, of, places }) = copy else { return String::new() };
        let places: Vec<String> = places.into_iter().map(|p| self.place(p)).collect();
        match places.is_empty() {
            true => format!(" (copy {number} of {of})"),
            false => format!(" (copy {number} of {of}, for {})", places.join(" in the copy for ")),
        }
    }

    /// A function: closures and tasks, which have no names of their own, with their place.
    pub(crate) fn func(&self, id: FuncId) -> String {
        let func = self.program.func(id);
        let mut text = self.program.names.text(func.name).to_owned();
        if !func.outer.is_none() && text.starts_with('<') {
            text = format!("{text} at {}", self.place(func.span));
        }
        text + &self.copy(self.facts.copies.func(id))
    }

    /// A class.
    pub(crate) fn class(&self, id: ClassIx) -> String {
        let name = self.program.names.text(self.program.class(id).name);
        name.to_owned() + &self.copy(self.facts.copies.class(id))
    }

    /// A class among others: of copies only the number.
    pub(crate) fn short_class(&self, id: ClassIx) -> String {
        let name = self.program.names.text(self.program.class(id).name);
        match self.facts.copies.class(id) {
            Some(copy) => format!("{name} (copy {})", copy.number),
            None => name.to_owned(),
        }
    }

    /// The places that make the arrays and maps of a type, as far as they are known.
    pub(crate) fn makers(&self, ty: Ty) -> Vec<String> {
        let sites = self.facts.objects(ty.part(Kinds::ARR | Kinds::MAP)).into_iter();
        let mut places: Vec<String> = sites
            .filter_map(|object| match object {
                Object::Site(_, site) => {
                    let (func, inst) = self.facts.site_place(site)?;
                    Some(self.place(*self.program.func(func).spans.get(inst as usize)?))
                }
                _ => None,
            })
            .collect();
        // The same place in several copies of its function.
        places.dedup();
        places
    }

    /// A type: `Int`, `null or Point`, `Array of (Int)`.
    pub(crate) fn ty(&self, ty: Ty) -> String {
        self.nested(ty, 0)
    }

    fn nested(&self, ty: Ty, depth: usize) -> String {
        if ty.is_none() {
            return "nothing".to_owned();
        }
        if ty == Ty::ANY {
            return "any".to_owned();
        }
        let mut parts = self.plain(ty);
        let of = |inner: Ty| match depth {
            DEPTH.. => "...".to_owned(),
            _ => format!("({})", self.nested(inner, depth + 1)),
        };
        if ty.has(Kinds::ARR) {
            let elem = self.facts.elem(ty);
            parts.push(match elem.is_none() {
                true => "empty Array".to_owned(),
                false => format!("Array of {}", of(elem)),
            });
        }
        if ty.has(Kinds::MAP) {
            let (key, value) = (self.facts.map_key(ty), self.facts.map_value(ty));
            parts.push(match key.is_none() {
                true => "empty Map".to_owned(),
                false => format!("Map of {} to {}", of(key), of(value)),
            });
        }
        if ty.has(Kinds::CELL) {
            parts.push(format!("variable {}", of(self.facts.cell(ty))));
        }
        if ty.has(Kinds::FUTURE) {
            parts.push(format!("Future of {}", of(self.facts.future(ty))));
        }
        if ty.has(Kinds::WEAK) {
            parts.push("WeakRef".to_owned());
        }
        if ty.has(Kinds::FUNC) {
            match self.facts.closures(ty.part(Kinds::FUNC)) {
                Some(all) => parts.extend(all.iter().map(|f| self.closure(*f))),
                None => parts.push("any function".to_owned()),
            }
        }
        self.boxes(ty, &mut parts);
        joined(&parts, " or ", MEMBERS[depth.min(1)])
    }

    /// Kinds without contents.
    fn plain(&self, ty: Ty) -> Vec<String> {
        let named = [
            (Kinds::VOID, "void"),
            (Kinds::NULL, "null"),
            (Kinds::BOOL, "Bool"),
            (Kinds::FLOAT, "Float"),
            (Kinds::STR, "String"),
        ];
        let mut parts: Vec<String> = named.iter().filter(|p| ty.has(p.0)).map(|p| p.1.to_owned()).collect();
        if ty.has(Kinds::INT) {
            parts.push(match self.facts.range(ty) {
                (i64::MIN, i64::MAX) => "Int".to_owned(),
                (lo, hi) if lo == hi => format!("Int {lo}"),
                (lo, i64::MAX) => format!("Int from {lo}"),
                (i64::MIN, hi) => format!("Int up to {hi}"),
                (lo, hi) => format!("Int {lo} to {hi}"),
            });
        }
        parts
    }

    /// `fn at 12:5`; functions that have a name, `fn name`.
    fn closure(&self, id: FuncId) -> String {
        let func = self.program.func(id);
        let name = self.program.names.text(func.name);
        match func.outer.is_none() || !name.starts_with('<') {
            true => format!("fn {name}"),
            false => format!("fn at {}", self.place(func.span)),
        }
    }

    /// Instances of classes of the program and of the runtime.
    fn boxes(&self, ty: Ty, parts: &mut Vec<String>) {
        for object in self.facts.objects(ty) {
            match object {
                Object::Class(c) => parts.push(self.short_class(c)),
                Object::AnyClass => parts.push("any box".to_owned()),
                Object::Site(class, _)
                    if ty.has(Kinds::BUILTIN) && crate::classes::kind_of(class) == Kinds::BUILTIN =>
                {
                    let name = class_name(class).to_owned();
                    if !parts.contains(&name) {
                        parts.push(name);
                    }
                }
                Object::AnySite if ty.has(Kinds::BUILTIN) => parts.push("any builtin box".to_owned()),
                _ => {}
            }
        }
    }
}

/// The first ones of a list, and how many there are besides.
pub(crate) fn joined<T: AsRef<str>>(parts: &[T], between: &str, most: usize) -> String {
    // What is left out is more than one.
    let shown = if parts.len() > most { most - 1 } else { parts.len() };
    let more = (parts.len() > shown).then(|| format!("{} more", parts.len() - shown));
    let shown = parts.iter().take(shown).map(AsRef::as_ref);
    shown.chain(more.as_deref()).collect::<Vec<_>>().join(between)
}
