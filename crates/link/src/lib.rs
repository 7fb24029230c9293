//! Puts a program into a runtime: its classes, its names, its literal texts. Every tier works on the
//! result; a program that grows (REPL) is linked further from where it was.
//!
//! It knows MIR's tables and the runtime's, but no instruction and no tier. Names and literals are
//! resolved when they are first used, so loading takes time for classes only.

#![forbid(unsafe_code)]

mod known;
mod slots;

pub use known::{PRELUDE, build_prelude, known};
pub use slots::{Layouts, untyped};

use mir::inst::{Builtin, ClassIx, FuncId};
use mir::program::{Class, Parent, Program};
use nyrt::class::{ClassDef, FieldDef, MethodDef};
use nyrt::heap::{Field, FieldSpec};
use nyrt::prelude::{self, Prelude, PreludeFn};
use nyrt::rt::Rt;
use nyrt::trap::Trap;
use nyrt::value::{ClassId, Name, Value};
use slots::Slots;
use syntax::intern::Symbol;

/// A symbol whose name was not needed yet.
const NO_NAME: Name = Name(u32::MAX);

/// A program in a runtime.
#[derive(Debug, Default)]
pub struct Linked {
    /// The program. It may grow; afterwards [`Linked::link_more`] has to be called before it runs on.
    pub program: Program,
    /// The symbol of `fini`, `None` while the program does not mention it.
    pub fini: Option<Symbol>,
    names: Vec<Name>,
    texts: Vec<Value>,
    classes: Vec<ClassId>,
    declared: Vec<bool>,
    slots: Slots,
    builtin_methods: usize,
}

/// The runtime's number of a function: the same as MIR's.
pub fn func_id(func: FuncId) -> nyrt::value::FuncId {
    nyrt::value::FuncId(func.0)
}

/// The runtime's id of a builtin class.
pub fn builtin_class(builtin: Builtin) -> ClassId {
    ClassId(builtin.0)
}

impl Linked {
    /// Links a program whose fields can hold anything.
    pub fn new(rt: &mut Rt, program: Program) -> Linked {
        Linked::with_layouts(rt, program, &untyped)
    }

    /// Links a program that does not grow, with the slots of its fields.
    pub fn with_layouts(rt: &mut Rt, program: Program, layouts: Layouts<'_>) -> Linked {
        let slots = Slots::new(&program, layouts);
        let mut linked = Linked { program, slots, ..Linked::default() };
        linked.link_more(rt);
        linked
    }

    /// Links what the program has gained since the last time.
    pub fn link_more(&mut self, rt: &mut Rt) {
        self.fini = self.program.names.find("fini");
        self.names.resize(self.program.names.len(), NO_NAME);
        self.texts.resize(self.program.names.len(), Value::VOID);
        self.link_classes(rt);
        while let Some(&(builtin, method)) = self.program.builtin_methods.get(self.builtin_methods) {
            self.builtin_methods += 1;
            let method = MethodDef {
                name: self.name(rt, method.name),
                func: func_id(method.func),
                is_static: method.is_static,
            };
            rt.classes.add_method(builtin_class(builtin), method);
        }
        let known = rt.params.len();
        rt.params.extend(self.program.funcs.iter().skip(known).map(|f| f.params));
        self.link_prelude(rt);
    }

    /// Tells the runtime where the functions of its prelude are; without a prelude it keeps what it has.
    fn link_prelude(&self, rt: &mut Rt) {
        let names = &self.program.names;
        let class = names.find(prelude::BOX).and_then(|name| self.program.class_names.get(&name));
        let Some(class) = class.map(|c| self.program.class(*c)) else { return };
        let functions: Option<Vec<_>> = PreludeFn::ALL
            .iter()
            .map(|f| {
                let name = names.find(f.name())?;
                class.methods.iter().find(|m| m.name == name).map(|m| func_id(m.func))
            })
            .collect();
        if let Some(functions) = functions {
            rt.prelude = Prelude::new(functions);
        }
    }

    /// The runtime's name of a symbol.
    #[inline(always)]
    pub fn name(&mut self, rt: &mut Rt, symbol: Symbol) -> Name {
        match self.names.get(symbol.0 as usize) {
            Some(&name) if name != NO_NAME => name,
            _ => self.make_name(rt, symbol),
        }
    }

    #[cold]
    fn make_name(&mut self, rt: &mut Rt, symbol: Symbol) -> Name {
        let name = rt.names.intern(self.program.names.text(symbol));
        if let Some(slot) = self.names.get_mut(symbol.0 as usize) {
            *slot = name;
        }
        name
    }

    /// The immortal string of a literal.
    #[inline(always)]
    pub fn text(&mut self, rt: &mut Rt, symbol: Symbol) -> Result<Value, Trap> {
        match self.texts.get(symbol.0 as usize) {
            Some(&text) if text != Value::VOID => Ok(text),
            _ => self.make_text(rt, symbol),
        }
    }

    #[cold]
    fn make_text(&mut self, rt: &mut Rt, symbol: Symbol) -> Result<Value, Trap> {
        let made = rt.heap.str_new(self.program.names.text(symbol));
        let Ok(text) = made else {
            return Err(rt.raise(nyrt::error::ErrorKind::OutOfMemory, "Out of memory"));
        };
        rt.heap.make_immortal(text.as_ref());
        if let Some(slot) = self.texts.get_mut(symbol.0 as usize) {
            *slot = text;
        }
        Ok(text)
    }

    /// The runtime's id of a class.
    #[inline(always)]
    pub fn class(&self, class: ClassIx) -> ClassId {
        self.classes[class.index()]
    }

    /// The same for a class that may be missing ([`ClassIx::NONE`]).
    pub fn class_or_none(&self, class: ClassIx) -> Option<ClassId> {
        self.classes.get(class.index()).copied()
    }

    /// Where a field of a class lies and how it is stored; `None` when it has no such field.
    pub fn field(&mut self, rt: &mut Rt, class: ClassIx, field: Symbol) -> Option<Field> {
        let name = self.name(rt, field);
        let layout = rt.heap.layouts.get(self.class_or_none(class)?);
        layout.fields().iter().find(|f| f.name == name).copied()
    }

    /// A box that is declared inside a block is known from now on.
    pub fn declare(&mut self, class: ClassIx) {
        if let Some(declared) = self.declared.get_mut(class.index()) {
            *declared = true;
        }
    }

    /// Whether a box is known.
    pub fn is_declared(&self, class: ClassIx) -> bool {
        self.declared.get(class.index()).copied().unwrap_or(false)
    }

    /// Declares all new classes, then defines each after its parents.
    fn link_classes(&mut self, rt: &mut Rt) {
        let first = self.classes.len();
        for i in first..self.program.classes.len() {
            let (name, is_nested) = (self.program.classes[i].name, self.program.classes[i].is_nested);
            let name = self.name(rt, name);
            self.classes.push(rt.classes.declare(name));
            self.declared.push(!is_nested);
        }
        // Parents may be declared later in the program. Each round of the stack defines a class whose
        // parents are defined; the checks of the builder exclude cycles.
        let mut stack: Vec<ClassIx> = Vec::new();
        for i in first..self.classes.len() {
            stack.push(ClassIx(i as u32));
            while let Some(&class) = stack.last() {
                let waits_for = self.program.classes[class.index()].parents.iter().find_map(|p| match p {
                    Parent::User(p) if !rt.classes.is_defined(self.class(*p)) => Some(*p),
                    _ => None,
                });
                match waits_for {
                    Some(parent) if !stack.contains(&parent) => stack.push(parent),
                    _ => {
                        stack.pop();
                        if !rt.classes.is_defined(self.class(class)) {
                            self.define(rt, class);
                        }
                    }
                }
            }
        }
    }

    fn define(&mut self, rt: &mut Rt, class: ClassIx) {
        let id = self.class(class);
        let names = &mut rt.names;
        let text = &self.program.names;
        let Class { parents, interfaces, fields, methods, constructors, .. } =
            &self.program.classes[class.index()];
        let parents: Vec<ClassId> = parents
            .iter()
            .map(|p| match p {
                Parent::User(p) => self.classes[p.index()],
                Parent::Builtin(b) => builtin_class(*b),
            })
            .collect();
        let interfaces: Vec<ClassId> = interfaces.iter().map(|i| self.classes[i.index()]).collect();
        let fields: Vec<FieldDef> = fields
            .iter()
            .enumerate()
            .map(|(i, f)| FieldDef {
                spec: FieldSpec {
                    name: names.intern(text.text(f.name)),
                    slot: self.slots.get(class, i),
                    weak: f.weak,
                },
                public: f.public,
            })
            .collect();
        let methods: Vec<MethodDef> = methods
            .iter()
            .filter(|m| !m.func.is_none())
            .map(|m| MethodDef {
                name: names.intern(text.text(m.name)),
                func: func_id(m.func),
                is_static: m.is_static,
            })
            .collect();
        let constructors: Vec<_> = constructors.iter().map(|&(n, f)| (n, func_id(f))).collect();
        let class = &self.program.classes[class.index()];
        let def = ClassDef {
            parents: &parents,
            interfaces: &interfaces,
            fields: &fields,
            has_visibility: class.has_visibility,
            methods: &methods,
            constructors: &constructors,
            init: class.init.map(func_id),
            static_init: class.static_init.map(func_id),
            is_static: class.is_static,
            is_interface: class.is_interface,
        };
        rt.classes.define(id, &def, &mut rt.heap.layouts, names);
    }
}
