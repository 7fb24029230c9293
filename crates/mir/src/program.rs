//! Programs: functions, classes, globals. A program may grow (a REPL adds units).

use syntax::intern::{Interner, Symbol};
use syntax::span::Span;

use crate::func::Func;
use crate::inst::{Builtin, ClassIx, FuncId, Global};

/// Everything that was built.
#[derive(Debug, Default)]
pub struct Program {
    /// Names and literal texts.
    pub names: Interner,
    /// The functions.
    pub funcs: Vec<Func>,
    /// The classes, interfaces included.
    pub classes: Vec<Class>,
    /// Names of the global variables.
    pub globals: Vec<Symbol>,
    /// Methods that the prelude adds to builtin classes.
    pub builtin_methods: Vec<(Builtin, Method)>,
    /// Whether `outbox` occurs anywhere (statements then end with `drop_outbox`).
    pub has_outbox: bool,
}

/// What a parent is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parent {
    /// A class of the program.
    User(ClassIx),
    /// A builtin class: the box holds a content value.
    Builtin(Builtin),
}

/// A class (a box declaration).
#[derive(Clone, Debug)]
pub struct Class {
    /// Its name.
    pub name: Symbol,
    /// The declaration's name.
    pub span: Span,
    /// `static box`
    pub is_static: bool,
    /// `interface box`
    pub is_interface: bool,
    /// Declared inside a block: unknown until `declare_box` runs.
    pub is_nested: bool,
    /// In the order of the `from` list.
    pub parents: Vec<Parent>,
    /// Interfaces it declares.
    pub interfaces: Vec<ClassIx>,
    /// Its own fields in declaration order, then those declared by `me.f = e`.
    pub fields: Vec<Field>,
    /// Whether it declares a `public` or `private` group.
    pub has_visibility: bool,
    /// Its own methods; names are unique.
    pub methods: Vec<Method>,
    /// Its own constructors by number of arguments (without `me`).
    pub constructors: Vec<(u32, FuncId)>,
    /// Sets the initial values of the parents' and then of its own fields on `me`; absent when there are none.
    pub init: Option<FuncId>,
    /// The `static { }` blocks, with `me`.
    pub static_init: Option<FuncId>,
}

/// A field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: Symbol,
    /// Does not keep its target alive.
    pub weak: bool,
    /// Listed in a `public` group.
    pub public: bool,
}

/// A method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Method {
    /// Its name.
    pub name: Symbol,
    /// Its code; [`FuncId::NONE`] for the signatures of interfaces.
    pub func: FuncId,
    /// Number of arguments (without `me`).
    pub arity: u32,
    /// Has no `me`.
    pub is_static: bool,
}

impl Program {
    /// A program without anything.
    pub fn new() -> Program {
        Program::default()
    }
    /// A function.
    #[inline]
    pub fn func(&self, id: FuncId) -> &Func {
        &self.funcs[id.index()]
    }
    /// A class.
    pub fn class(&self, id: ClassIx) -> &Class {
        &self.classes[id.index()]
    }
    /// The global of that name, made if it is new.
    pub fn global(&mut self, name: Symbol) -> Global {
        match self.find_global(name) {
            Some(g) => g,
            None => {
                self.globals.push(name);
                Global(self.globals.len() as u32 - 1)
            }
        }
    }
    /// The global of that name.
    pub fn find_global(&self, name: Symbol) -> Option<Global> {
        self.globals.iter().position(|g| *g == name).map(|i| Global(i as u32))
    }
}
