//! Programs: functions, classes, globals. A program may grow (a REPL adds units).

use hashbrown::HashMap;
use syntax::intern::{Interner, Symbol};
use syntax::span::Span;

use crate::func::Func;
use crate::inst::{Builtin, ClassIx, FuncId, Global};

/// Everything that was built.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Names and literal texts.
    pub names: Interner,
    /// The functions.
    pub funcs: Vec<Func>,
    /// The classes, interfaces included.
    pub classes: Vec<Class>,
    /// The functions that are declared at the top level of a file, by name.
    pub functions: HashMap<Symbol, FuncId>,
    /// The classes that can be named, by name.
    pub class_names: HashMap<Symbol, ClassIx>,
    /// Other names of boxes (`using ... as X`).
    pub aliases: HashMap<Symbol, Symbol>,
    /// Whether `using nyashstd` has opened its helpers.
    pub nyashstd: bool,
    /// Global variables of a program that grows which are for what code names and nothing has declared yet.
    pub awaited: HashMap<Symbol, Awaited>,
    /// Names of the global variables.
    pub globals: Vec<Symbol>,
    /// The global variables by name.
    pub global_names: HashMap<Symbol, Global>,
    /// Methods that the prelude adds to builtin classes.
    pub builtin_methods: Vec<(Builtin, Method)>,
    /// Whether `outbox` occurs anywhere (statements then end with `drop_outbox`).
    pub has_outbox: bool,
}

/// What a global variable waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaited {
    /// The function of its name, or to become an ordinary variable.
    Value,
    /// A function that gives the instance of a static box.
    Static(Symbol),
    /// A function that makes an instance of a box from so many arguments.
    New(Symbol, u32),
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
    /// Number of type parameters.
    pub tparams: u32,
    /// Sets the initial values of its own fields on `me`; absent when there are none. Whoever makes an
    /// instance calls those of the parents first.
    pub init: Option<FuncId>,
    /// What a static box does on first use, with `me`: initial values of parents and own fields, `static { }`
    /// blocks. Absent when there is nothing to do.
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
    /// Says how many parameters a function that is not built yet has.
    pub(crate) fn func_params(&mut self, id: FuncId, params: u32) {
        self.funcs[id.index()].params = params;
    }

    /// The class and its user ancestors in the order in which initial values are set: parents first, each once.
    pub fn ancestors_first(&self, class: ClassIx) -> Vec<ClassIx> {
        let mut out = Vec::new();
        self.collect_ancestors(class, &mut out, 0);
        out
    }

    fn collect_ancestors(&self, class: ClassIx, out: &mut Vec<ClassIx>, depth: usize) {
        // Cycles are compile errors that are reported before anything runs; the bound only ends this walk.
        if out.contains(&class) || depth > self.classes.len() {
            return;
        }
        for parent in &self.class(class).parents {
            if let Parent::User(p) = parent {
                self.collect_ancestors(*p, out, depth + 1);
            }
        }
        if !out.contains(&class) {
            out.push(class);
        }
    }

    /// A method by lookup order: the class itself, then each parent depth first. Builtin parents are not looked at.
    pub fn find_method(&self, class: ClassIx, name: Symbol) -> Option<(ClassIx, Method)> {
        self.find_in(class, &mut |c| c.methods.iter().find(|m| m.name == name).copied(), 0)
    }

    /// The class or the nearest parent, depth first, for which `f` gives something.
    pub fn find_in<T>(
        &self,
        class: ClassIx,
        f: &mut dyn FnMut(&Class) -> Option<T>,
        depth: usize,
    ) -> Option<(ClassIx, T)> {
        if depth > self.classes.len() {
            return None;
        }
        if let Some(found) = f(self.class(class)) {
            return Some((class, found));
        }
        self.class(class).parents.iter().find_map(|p| match p {
            Parent::User(p) => self.find_in(*p, f, depth + 1),
            Parent::Builtin(_) => None,
        })
    }

    /// The global variable of that name, made if it is new.
    pub fn global(&mut self, name: Symbol) -> Global {
        self.awaited.remove(&name);
        self.place_of(name)
    }

    /// The global of that name, to wait for something if it is new.
    pub(crate) fn await_global(&mut self, name: Symbol, what: Awaited) -> Global {
        if self.find_global(name).is_none() {
            self.awaited.insert(name, what);
        }
        self.place_of(name)
    }

    fn place_of(&mut self, name: Symbol) -> Global {
        let next = Global(self.globals.len() as u32);
        let global = *self.global_names.entry(name).or_insert(next);
        if global == next {
            self.globals.push(name);
        }
        global
    }
    /// The global of that name.
    pub fn find_global(&self, name: Symbol) -> Option<Global> {
        self.global_names.get(&name).copied()
    }
}
