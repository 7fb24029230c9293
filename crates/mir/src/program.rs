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
        let mut seen = Seen::new(self);
        seen.is_new(class);
        // Each class on the way with the next of its parents.
        let mut way = vec![(class, 0)];
        while let Some((class, next)) = way.last_mut() {
            let parent = self.class(*class).parents.get(*next);
            *next += 1;
            match parent {
                Some(Parent::User(p)) if seen.is_new(*p) => way.push((*p, 0)),
                Some(_) => {}
                None => {
                    out.push(*class);
                    way.pop();
                }
            }
        }
        out
    }

    /// The class and its user ancestors in lookup order: the class itself, then each parent depth first, each once.
    pub fn lookup_order(&self, class: ClassIx) -> impl Iterator<Item = ClassIx> + '_ {
        let mut seen = Seen::new(self);
        let mut next = vec![class];
        core::iter::from_fn(move || {
            loop {
                let class = next.pop()?;
                if seen.is_new(class) {
                    next.extend(self.class(class).parents.iter().rev().filter_map(|p| match p {
                        Parent::User(p) => Some(*p),
                        Parent::Builtin(_) => None,
                    }));
                    return Some(class);
                }
            }
        })
    }

    /// A method by lookup order. Builtin parents are not looked at.
    pub fn find_method(&self, class: ClassIx, name: Symbol) -> Option<(ClassIx, Method)> {
        self.lookup_order(class).find_map(|at| {
            let methods = &self.class(at).methods;
            methods.iter().find(|m| m.name == name).map(|m| (at, *m))
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

/// The classes that a walk has come to, as bits.
struct Seen(Vec<u64>);

impl Seen {
    fn new(program: &Program) -> Seen {
        Seen(vec![0; program.classes.len().div_ceil(64)])
    }

    /// Whether the walk comes to a class for the first time.
    fn is_new(&mut self, class: ClassIx) -> bool {
        let (word, bit) = (&mut self.0[class.index() / 64], 1 << (class.index() % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
