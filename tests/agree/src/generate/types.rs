//! What is known about a program while it is written: types, variables, boxes, functions.

/// What an expression gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ty {
    Int,
    Float,
    Str,
    Bool,
    /// An instance of a box or of one that comes from it.
    Obj(usize),
    /// The same or null.
    Opt(usize),
    /// An array of elements.
    Arr(Elem),
    /// A map from texts.
    Map(Elem),
    /// A function from an Integer to an Integer.
    Fun,
    /// A future of an Integer.
    Future,
    /// Anything that can be printed and compared: values, boxes, null, small arrays.
    Any,
}

/// What an array or a map holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Elem {
    Int,
    Float,
    Str,
    Obj(usize),
    Mixed,
}

impl Elem {
    /// The type of one.
    pub(super) fn ty(self) -> Ty {
        match self {
            Elem::Int => Ty::Int,
            Elem::Float => Ty::Float,
            Elem::Str => Ty::Str,
            Elem::Obj(c) => Ty::Obj(c),
            Elem::Mixed => Ty::Any,
        }
    }
}

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) ty: Ty,
    /// Never assigned: counters of loops, and what a scene relies on.
    pub(super) fixed: bool,
}

/// A field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: Ty,
    pub(super) weak: bool,
}

/// A name of methods with one signature everywhere.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) name: String,
    pub(super) params: Vec<Ty>,
    pub(super) ret: Ty,
    /// Of its most expensive method.
    pub(super) cost: u64,
}

/// A box.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) parent: Option<usize>,
    /// A second parent that has only methods.
    pub(super) mixin: bool,
    pub(super) interface: bool,
    pub(super) fields: Vec<Field>,
    /// The selectors it has methods for.
    pub(super) own: Vec<usize>,
    /// Whether it prints when it dies, or inherits that.
    pub(super) fini: bool,
}

/// A function.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) params: Vec<Ty>,
    pub(super) ret: Ty,
    pub(super) cost: u64,
}

/// What a program declares.
#[derive(Default)]
pub(super) struct World {
    pub(super) classes: Vec<Class>,
    pub(super) selectors: Vec<Selector>,
    pub(super) functions: Vec<Function>,
    pub(super) globals: Vec<Var>,
    /// Whether there is a static box `S` with `count` and `bump(n)`.
    pub(super) statics: bool,
}

impl World {
    /// The box and its parents, itself first.
    pub(super) fn lineage(&self, of: usize) -> Vec<usize> {
        let mut out = vec![of];
        while let Some(parent) = out.last().and_then(|c| self.classes.get(*c)?.parent) {
            out.push(parent);
        }
        out
    }

    /// Fields of a box, inherited ones too.
    pub(super) fn fields(&self, of: usize) -> Vec<Field> {
        self.lineage(of).iter().flat_map(|c| self.classes[*c].fields.clone()).collect()
    }

    /// Whether an instance of a box knows a selector.
    pub(super) fn knows(&self, of: usize, selector: usize) -> bool {
        self.lineage(of).iter().any(|c| {
            let class = &self.classes[*c];
            class.own.contains(&selector) || (class.mixin && selector == 0)
        })
    }

    /// The box and all that come from it.
    pub(super) fn family(&self, of: usize) -> Vec<usize> {
        (0..self.classes.len()).filter(|c| self.lineage(*c).contains(&of)).collect()
    }
}
