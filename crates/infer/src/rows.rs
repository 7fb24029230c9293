//! The rows of the graph's vectors: variables, views, instructions, and where a function lies among them. They do not
//! know when they change.

use mir::inst::{FuncId, Val};

use crate::narrow::Filter;
use crate::ty::Ty;

/// A variable of the graph.
pub(crate) type Var = u32;

/// No variable.
pub(crate) const NO_VAR: Var = u32::MAX;

/// What has to be done when a variable grows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Dep {
    /// An instruction has to be looked at again.
    Inst(u32),
    /// The variable flows there.
    Copy(Var),
    /// It flows into a view, by its position among the views, through its filter.
    View(u32),
}

/// Something that depends on a variable since an instruction was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) from: Var,
    pub(crate) dep: Dep,
    /// The link of the same variable before it.
    pub(crate) next: u32,
    /// The link that the same instruction made before.
    pub(crate) made: u32,
}

/// No link.
pub(crate) const NO_LINK: u32 = u32::MAX;

/// What is left of the dependents of a variable.
pub(crate) struct Dependents {
    /// Of those that the shape of its function says.
    pub(crate) at: u32,
    pub(crate) end: u32,
    /// Of the others.
    pub(crate) links: u32,
    pub(crate) only_ints: bool,
}

/// Where a function lies in the graph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Variable of its first value; [`NO_VAR`] when it is not reached.
    pub(crate) vars: Var,
    /// Variable of its result.
    pub(crate) ret: Var,
    /// Its row in `Graph::shapes`.
    pub(crate) shape: u32,
}

/// What the graph has of one function: ranges of its vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) func: FuncId,
    /// The variable of the result, those of the values, those of the views.
    pub(crate) vars: (u32, u32),
    pub(crate) views: (u32, u32),
    /// The instructions of which something is known.
    pub(crate) insts: (u32, u32),
    /// Where they stand among them, by their positions in the function; a copy shares that with what it is a copy of.
    pub(crate) numbers: (u32, u32),
    pub(crate) uses: (u32, u32),
    pub(crate) deps: (u32, u32),
}

impl Place {
    pub(crate) const NONE: Place = Place { vars: NO_VAR, ret: NO_VAR, shape: u32::MAX };
    pub(crate) fn is_reached(self) -> bool {
        self.vars != NO_VAR
    }
    pub(crate) fn var(self, v: Val) -> Var {
        self.vars + v.0
    }
}

/// A view: a value at the places that a test dominates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Its own variable.
    pub(crate) var: Var,
    /// What flows into it: the value, or the view that an earlier test made of it.
    pub(crate) base: Var,
    /// The value.
    pub(crate) value: Var,
    pub(crate) filter: Filter,
    /// What the filter compares with.
    pub(crate) other: Var,
}

/// What of a variable has grown since those that depend on it were told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grew {
    Nothing,
    /// Only its integers.
    Ints,
    /// More than that.
    More,
}

/// What the solver touches together when a variable grows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VarRow {
    pub(crate) ty: Ty,
    /// Where its dependents begin that are known when a function is reached, in `deps`. They end where those of the next
    /// variable begin.
    pub(crate) deps: u32,
    /// The head of the list of later ones.
    pub(crate) links: u32,
    pub(crate) grew: Grew,
    pub(crate) meets: Meets,
    /// How often its integers grew.
    pub(crate) grown: u8,
    /// How often those that depend on it were told that it has grown, as far as that is counted.
    pub(crate) spread: u8,
}

/// Which ways meet in a variable: so its integers are widened sooner or later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meets {
    /// None, and it is the same from the beginning, whatever flows.
    Given,
    /// None: it is computed from others, with whose integers its own end.
    Nothing,
    /// Those into a loop or a recursion.
    Loop,
    /// Others in a function.
    Ways,
    /// Whatever is stored in a place of the heap, or a function gives.
    Stores,
}

impl Meets {
    /// How often integers grow before they are widened. Each time is work for all that depends on them.
    pub(crate) fn patience(self) -> u8 {
        match self {
            Meets::Given | Meets::Nothing => u8::MAX,
            Meets::Loop => 0,
            Meets::Ways => 3,
            Meets::Stores => 2,
        }
    }
}

impl VarRow {
    pub(crate) const NEW: VarRow = VarRow {
        ty: Ty::NONE,
        deps: 0,
        links: NO_LINK,
        grew: Grew::Nothing,
        meets: Meets::Stores,
        grown: 0,
        spread: 0,
    };

    /// The row before anything flowed, with what the shape of its function says.
    pub(crate) fn anew(self) -> VarRow {
        let ty = if self.meets == Meets::Given { self.ty } else { Ty::NONE };
        VarRow { ty, deps: self.deps, meets: self.meets, ..VarRow::NEW }
    }
}

/// Nothing was noted. The number above stands for a function that is not known ([`FuncId::NONE`]), which is noted like others.
pub(crate) const NO_CALL: u32 = u32::MAX - 1;

/// An instruction that the solver looks at, or that uses a view. Of most others nothing is known but what their operands
/// are anywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstRow {
    pub(crate) owner: FuncId,
    /// Its position in the function.
    pub(crate) at: u32,
    /// The variables that it uses: its operands in order, then the arguments of its edges in order but for exceptions.
    pub(crate) uses: (u32, u32),
    /// The first function, hub or builtin that it calls ([`Graph::note_call`](crate::graph::Graph::note_call)); most
    /// instructions call one.
    pub(crate) calls: u32,
    /// The last link that it made.
    pub(crate) made: u32,
    /// Whether it is to be looked at.
    pub(crate) waits: bool,
    /// How often it was looked at.
    pub(crate) looks: u8,
    /// Whether what it does depends on which integers its operands are, and not only on whether they are some.
    pub(crate) reads_ints: bool,
    /// What else is known of it.
    pub(crate) is: Is,
}

impl InstRow {
    /// An instruction at a position of a function.
    pub(crate) fn new(owner: FuncId, at: u32, uses: (u32, u32), is: Is) -> InstRow {
        InstRow {
            owner,
            at,
            uses,
            calls: NO_CALL,
            made: NO_LINK,
            waits: is != Is::Idle,
            looks: 0,
            reads_ints: true,
            is,
        }
    }

    /// The first function that it calls, where there are so many functions.
    pub(crate) fn callee(&self, funcs: usize) -> Option<FuncId> {
        ((self.calls as usize) < funcs).then_some(FuncId(self.calls))
    }

    /// The row before anybody looked at it.
    pub(crate) fn anew(self) -> InstRow {
        InstRow { calls: NO_CALL, made: NO_LINK, waits: self.is != Is::Idle, looks: 0, ..self }
    }
}

/// What the shape of a function says of one of its instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Is {
    /// It is not looked at.
    Idle,
    /// Nothing.
    Plain,
    /// It makes an instance of a class of the program.
    Object,
    /// It makes a closure.
    Closure,
    /// The position at which it reads is less than a length that the array has had.
    Below,
    /// It makes an array that is filled in a counting loop before anybody else sees it. Its last two uses are where the
    /// loop begins to count and where it ends; whether the end is counted, too.
    Filled(bool),
}
