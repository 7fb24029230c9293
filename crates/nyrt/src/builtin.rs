//! The one table of everything builtin: methods, constructors, functions and externals, each declared once in
//! the file of its family with names, arity, parameter kinds, effects, documentation and code.
//!
//! Method lookup, arity and type checks, effects and the reference page come from it. It does not know what
//! the functions do.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use bitflags::bitflags;
use smallvec::SmallVec;

use crate::boxes;
use crate::class::ClassTable;
use crate::error::ErrorKind;
use crate::names::Names;
use crate::prelude::PreludeFn;
use crate::rt::Rt;
use crate::trap::{Outcome, Trap};
use crate::value::{BUILTIN_CLASSES, ClassId, Kind, Value, class_id};

bitflags! {
    /// What a builtin may do besides giving a value.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Effects: u16 {
        /// Looks at the contents of a box.
        const READS = 1;
        /// Changes the contents of a box.
        const WRITES = 2;
        /// May raise an error even with arguments of the right types.
        const THROWS = 4;
        /// Makes a box or text.
        const ALLOCATES = 8;
        /// May make the task wait.
        const SUSPENDS = 16;
        /// May run methods of user boxes (and do whatever they do), through the functions in [`Builtin::via`].
        const USER_CODE = 32;
        /// Its result or effect comes from outside: console, clock, randomness.
        const OUTSIDE = 64;
        /// May drop the last reference to a box that was within another one, or end a box: `fini` runs when the
        /// builtin has returned.
        const RELEASES = 128;
        /// May make the receiver, an array, shorter.
        const SHORTENS = 256;
    }
}

/// What a builtin belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// Method of every value.
    Every,
    /// Method of a builtin class.
    Method(ClassId),
    /// `new` of a builtin class.
    New(ClassId),
    /// Function called by its name, which may have a dot (`string.create`). Names that begin with `__` are for the
    /// prelude only.
    Function,
    /// Called through the environment: `env.console.log`.
    External,
}

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// Anything.
    Any,
    /// An Integer.
    Int,
    /// An Integer or a Float.
    Num,
    /// A String.
    Str,
    /// A Bool.
    Bool,
    /// An ArrayBox.
    Array,
    /// A BufferBox.
    Buffer,
}

impl ParamKind {
    /// Name for messages and documentation.
    pub fn name(self) -> &'static str {
        match self {
            ParamKind::Any => "any",
            ParamKind::Int => "IntegerBox",
            ParamKind::Num => "number",
            ParamKind::Str => "StringBox",
            ParamKind::Bool => "BoolBox",
            ParamKind::Array => "ArrayBox",
            ParamKind::Buffer => "BufferBox",
        }
    }

    #[inline]
    fn takes(self, v: Value) -> bool {
        match self {
            ParamKind::Any => true,
            ParamKind::Int => v.kind() == Kind::I64,
            ParamKind::Num => matches!(v.kind(), Kind::I64 | Kind::F64),
            ParamKind::Str => v.kind() == Kind::Str,
            ParamKind::Bool => v.kind() == Kind::Bool,
            ParamKind::Array => v.kind() == Kind::Arr,
            ParamKind::Buffer => v.class() == class_id::BUFFER,
        }
    }

    /// Classes of contents that a user box with a builtin parent can stand in with.
    fn classes(self) -> &'static [ClassId] {
        match self {
            ParamKind::Any => &[],
            ParamKind::Int => &[class_id::INTEGER],
            ParamKind::Num => &[class_id::INTEGER, class_id::FLOAT],
            ParamKind::Str => &[class_id::STRING],
            ParamKind::Bool => &[class_id::BOOL],
            ParamKind::Array => &[class_id::ARRAY],
            ParamKind::Buffer => &[class_id::BUFFER],
        }
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Name for documentation.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParamKind,
    /// Where it goes, when it is not only read.
    pub store: Option<Store>,
}

/// Code of a builtin: receiver (void for functions) and arguments are borrowed, the result is owned.
pub type Native = fn(&mut Rt, Value, &[Value]) -> Outcome;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// What it belongs to.
    pub owner: Owner,
    /// Its names; the first one is the name of the page, the others are aliases.
    pub names: &'static [&'static str],
    /// Parameters in order.
    pub params: &'static [Param],
    /// How many of them must be given.
    pub required: u8,
    /// What it may do.
    pub effects: Effects,
    /// What it gives: one of these, or it does not return.
    pub gives: &'static [Gives],
    /// The functions of the prelude that may run in its place.
    pub via: &'static [PreludeFn],
    /// What it means, Markdown.
    pub doc: &'static str,
    /// Its code.
    pub run: Native,
}

impl Builtin {
    /// Fewest arguments.
    pub fn min(&self) -> usize {
        self.required as usize
    }
    /// Most arguments.
    pub fn max(&self) -> usize {
        self.params.len()
    }
    /// Whether it is called on a receiver.
    pub fn has_receiver(&self) -> bool {
        matches!(self.owner, Owner::Every | Owner::Method(_))
    }
    /// `StringBox.find` or the name of the function.
    pub fn title(&self) -> String {
        let name = self.names.first().copied().unwrap_or("");
        match self.owner {
            Owner::Method(class) => format!("{}.{name}", class_name(class)),
            Owner::New(class) => format!("new {}", class_name(class)),
            Owner::Every | Owner::Function | Owner::External => String::from(name),
        }
    }
}

pub use crate::class::BuiltinId;
pub use crate::gives::{Gives, Store};

/// Declares the rows of a family: `owner => { rows }`, where a row is
/// `"name" "alias" (required: Kind; optional: Kind) EFFECT | EFFECT -> Gives | Gives => function;` with its
/// documentation before it. `kind to Store` says where an argument goes, `via Fn | Fn` after what the row gives which
/// functions of the prelude may run in its place.
macro_rules! builtins {
    ($vis:vis $table:ident { $($owner:expr => { $(
        $(#[doc = $doc:literal])*
        $($name:literal)+ (
            $($param:ident : $kind:ident $(to $store:ident)?),*
            $(; $($optional:ident : $optional_kind:ident $(to $optional_store:ident)?),+)?
        )
        $($effect:ident)|* -> $($gives:ident $(($($of:tt)*))?)|+ $(via $($via:ident)|+)? => $run:path;
    )* })* }) => {
        $vis const $table: &[$crate::builtin::Builtin] = &[$($($crate::builtin::Builtin {
            owner: $owner,
            names: &[$($name),+],
            params: &[
                $($crate::builtin::Param {
                    name: stringify!($param),
                    kind: $crate::builtin::ParamKind::$kind,
                    store: $crate::builtin::part!(store $($store)?),
                },)*
                $($($crate::builtin::Param {
                    name: stringify!($optional),
                    kind: $crate::builtin::ParamKind::$optional_kind,
                    store: $crate::builtin::part!(store $($optional_store)?),
                },)+)?
            ],
            required: 0 $(+ { let _ = stringify!($param); 1 })*,
            effects: $crate::builtin::Effects::empty()$(.union($crate::builtin::Effects::$effect))*,
            gives: &[$($crate::builtin::part!(gives $gives $(($($of)*))?)),+],
            via: &[$($($crate::prelude::PreludeFn::$via),+)?],
            doc: concat!($($doc, "\n"),*).trim_ascii(),
            run: $run,
        },)*)*];
    };
}
pub(crate) use builtins;

/// Parts of a row: where an argument goes, what the row gives.
macro_rules! part {
    (store) => { None };
    (store $store:ident) => { Some($crate::gives::Store::$store) };
    (gives ArrayOf($($element:ident)|*)) => {
        $crate::gives::Gives::ArrayOf(&[$($crate::gives::Gives::$element),*])
    };
    (gives Instance($class:ident)) => {
        $crate::gives::Gives::Instance($crate::value::class_id::$class)
    };
    (gives $gives:ident) => { $crate::gives::Gives::$gives };
}
pub(crate) use part;

/// The rows by family, in the order of the reference page.
const FAMILIES: &[&[Builtin]] = &[
    boxes::universal::ROWS,
    boxes::string::ROWS,
    boxes::integer::ROWS,
    boxes::float::ROWS,
    boxes::bool::ROWS,
    boxes::array::ROWS,
    boxes::map::ROWS,
    boxes::math::ROWS,
    boxes::console::ROWS,
    boxes::time::ROWS,
    boxes::datetime::ROWS,
    boxes::random::ROWS,
    boxes::result::ROWS,
    boxes::error::ROWS,
    boxes::buffer::ROWS,
    boxes::regex::ROWS,
    boxes::json::ROWS,
    boxes::intent::ROWS,
    boxes::future::ROWS,
    boxes::function::ROWS,
    boxes::prelude_fns::ROWS,
];

const COUNT: usize = {
    let (mut count, mut family) = (0, 0);
    while family < FAMILIES.len() {
        count += FAMILIES[family].len();
        family += 1;
    }
    count
};

/// Every builtin; a [`BuiltinId`] is a position here.
pub static ALL: [Builtin; COUNT] = {
    let mut all = [FAMILIES[0][0]; COUNT];
    let (mut at, mut family) = (0, 0);
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            all[at] = FAMILIES[family][row];
            at += 1;
            row += 1;
        }
        family += 1;
    }
    all
};

const NONE: u16 = u16::MAX;

/// Constructors by class.
static CONSTRUCTORS: [u16; class_id::FIRST_USER.0 as usize] = {
    let mut by_class = [NONE; class_id::FIRST_USER.0 as usize];
    let (mut at, mut family) = (0, 0);
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            if let Owner::New(class) = FAMILIES[family][row].owner {
                by_class[class.0 as usize] = at;
            }
            at += 1;
            row += 1;
        }
        family += 1;
    }
    by_class
};

/// Numbers and rows of everything builtin.
pub fn rows() -> impl Iterator<Item = (BuiltinId, &'static Builtin)> {
    ALL.iter().enumerate().map(|(i, row)| (BuiltinId(i as u16), row))
}

/// The row of a number that came from this table.
#[inline]
pub fn row(id: BuiltinId) -> &'static Builtin {
    &ALL[id.0 as usize]
}

fn find(owner: Owner, name: &str) -> Option<BuiltinId> {
    rows().find(|(_, row)| row.owner == owner && row.names.contains(&name)).map(|(id, _)| id)
}

/// The method of a builtin class, without those that every value has.
pub fn find_method(class: ClassId, name: &str) -> Option<BuiltinId> {
    find(Owner::Method(class), name)
}

/// A method that every value has.
pub fn find_universal(name: &str) -> Option<BuiltinId> {
    find(Owner::Every, name)
}

/// A builtin function by its full name.
pub fn find_function(name: &str) -> Option<BuiltinId> {
    find(Owner::Function, name)
}

/// An external by its full name, `env.console.log`.
pub fn find_external(name: &str) -> Option<BuiltinId> {
    find(Owner::External, name)
}

/// The constructor of a builtin class; some classes (`FutureBox`) have none.
#[inline]
pub fn constructor(class: ClassId) -> Option<BuiltinId> {
    match CONSTRUCTORS.get(class.0 as usize) {
        Some(&id) if id != NONE => Some(BuiltinId(id)),
        _ => None,
    }
}

/// The name users write for a builtin class.
pub fn class_name(class: ClassId) -> &'static str {
    BUILTIN_CLASSES.get(class.0 as usize).map_or("?", |(_, name)| *name)
}

/// Calls a builtin: checks the number and the types of the arguments, lets a user box with a builtin parent stand
/// in with its content, refuses dead receivers. `recv` is void for functions and constructors.
#[inline]
pub fn call(rt: &mut Rt, id: BuiltinId, recv: Value, args: &[Value]) -> Outcome {
    let row = row(id);
    if args.len() < row.required as usize || args.len() > row.params.len() {
        return Err(wrong_count(rt, row, args.len()));
    }
    let direct = match row.owner {
        Owner::Method(class) => recv.class() == class && !rt.heap.is_dead(recv),
        _ => true,
    };
    if direct && args.iter().zip(row.params).all(|(arg, param)| param.kind.takes(*arg)) {
        return (row.run)(rt, recv, args);
    }
    call_converting(rt, row, recv, args)
}

#[cold]
#[inline(never)]
fn call_converting(rt: &mut Rt, row: &'static Builtin, recv: Value, args: &[Value]) -> Outcome {
    rt.check_alive(recv)?;
    let recv = match row.owner {
        Owner::Method(class) if recv.class() != class => match rt.content(recv, class)? {
            Some(content) => content,
            None => {
                let wanted = class_name(class);
                let text =
                    format!("{} needs {} {wanted}, got {}", row.title(), article(wanted), rt.type_name(recv));
                return Err(rt.raise(ErrorKind::TypeError, &text));
            }
        },
        _ => recv,
    };
    let mut converted: SmallVec<[Value; 4]> = SmallVec::new();
    for (i, (arg, param)) in args.iter().zip(row.params).enumerate() {
        converted.push(if param.kind.takes(*arg) { *arg } else { stand_in(rt, row, i, param, *arg)? });
    }
    (row.run)(rt, recv, &converted)
}

/// What stands in front of the name of a type.
pub(crate) fn article(name: &str) -> &'static str {
    if name.starts_with(['A', 'E', 'I']) { "an" } else { "a" }
}

/// The content of a user box that can take the place of an argument.
fn stand_in(rt: &mut Rt, row: &Builtin, at: usize, param: &Param, arg: Value) -> Result<Value, Trap> {
    for class in param.kind.classes() {
        if let Some(content) = rt.content(arg, *class)? {
            return Ok(content);
        }
    }
    let (title, wanted, got) = (row.title(), param.kind.name(), rt.type_name(arg));
    let article = article(wanted);
    let text = format!("{title}: argument {} ({}) must be {article} {wanted}, got {got}", at + 1, param.name);
    Err(rt.raise(ErrorKind::TypeError, &text))
}

#[cold]
fn wrong_count(rt: &mut Rt, row: &Builtin, got: usize) -> Trap {
    let (min, max) = (row.min(), row.max());
    let wanted = match (min, max) {
        (0, 0) => String::from("no arguments"),
        (1, 1) => String::from("1 argument"),
        _ if min == max => format!("{min} arguments"),
        _ => format!("{min} to {max} arguments"),
    };
    let text = format!("{} takes {wanted}, got {got}", row.title());
    rt.raise(ErrorKind::ArityError, &text)
}

/// Adds every builtin method to the class table.
pub(crate) fn register(classes: &mut ClassTable, names: &mut Names) {
    for (id, row) in rows() {
        let class = match row.owner {
            Owner::Every => None,
            Owner::Method(class) => Some(class),
            _ => continue,
        };
        for name in row.names {
            classes.add_builtin(class, names.intern(name), id);
        }
    }
}

/// Calls a builtin with the receiver, if it has one, in front of the arguments.
#[inline]
pub fn call_all(rt: &mut Rt, id: BuiltinId, all: &[Value]) -> Outcome {
    match all.split_first() {
        Some((recv, args)) if row(id).has_receiver() => call(rt, id, *recv, args),
        _ => call(rt, id, Value::VOID, all),
    }
}

/// `new X(args)` of a builtin class.
pub fn construct(rt: &mut Rt, class: ClassId, args: &[Value]) -> Outcome {
    match constructor(class) {
        Some(id) => call(rt, id, Value::VOID, args),
        None => {
            let text = format!("{} cannot be made with new", class_name(class));
            Err(rt.raise(ErrorKind::TypeError, &text))
        }
    }
}

/// A call through the environment: `env.console.log(v)` has interface `console` and method `log`.
pub fn call_external(rt: &mut Rt, interface: &str, method: &str, args: &[Value]) -> Outcome {
    let interface = interface.strip_prefix("env.").unwrap_or(interface);
    let name = format!("env.{interface}.{method}");
    match find_external(&name) {
        Some(id) => call(rt, id, Value::VOID, args),
        None => Err(rt.raise(ErrorKind::NoMethod, &format!("No external method {name}"))),
    }
}

/// The heading under which the reference page lists a row.
fn section(row: &Builtin) -> &'static str {
    match row.owner {
        Owner::Every => "Every value",
        Owner::Method(class) | Owner::New(class) => class_name(class),
        Owner::Function => "Functions",
        Owner::External => "Environment",
    }
}

/// The reference page of all builtin boxes and functions, Markdown.
pub fn reference() -> String {
    let public = |row: &&Builtin| !row.names.iter().any(|name| name.starts_with("__"));
    let mut sections: Vec<&str> = Vec::new();
    for row in ALL.iter().filter(public) {
        if !sections.contains(&section(row)) {
            sections.push(section(row));
        }
    }
    // Boxes first, whatever file the functions stand in.
    sections.sort_by_key(|name| matches!(*name, "Functions" | "Environment"));
    let mut out = String::from("# Builtin boxes\n");
    for name in sections {
        // Writing to a String does not fail.
        let _ = write!(out, "\n## {name}\n\n");
        ALL.iter().filter(public).filter(|row| section(row) == name).for_each(|row| write_row(&mut out, row));
    }
    out
}

fn write_row(out: &mut String, row: &Builtin) {
    out.push_str("- `");
    match row.owner {
        Owner::New(_) => out.push_str(&row.title()),
        _ => out.push_str(&row.names.join("` / `")),
    }
    out.push('(');
    for (i, param) in row.params.iter().enumerate() {
        if i == row.min() {
            out.push('[');
        }
        let comma = if i == 0 { "" } else { ", " };
        // Writing to a String does not fail.
        let _ = match param.kind {
            ParamKind::Any => write!(out, "{comma}{}", param.name),
            kind => write!(out, "{comma}{}: {}", param.name, kind.name()),
        };
    }
    if row.max() > row.min() {
        out.push(']');
    }
    out.push_str(")`");
    if !matches!(row.owner, Owner::New(_)) {
        // Writing to a String does not fail.
        let _ = write!(out, " \u{2192} {}", row.result());
    }
    let _ = writeln!(out, ": {}", row.doc.split_whitespace().collect::<Vec<_>>().join(" "));
}
