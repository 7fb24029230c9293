//! Hubs: what is done to a box of any class goes through one place per name, and what is called on instances of the same
//! many classes through one per name and set, so that many such places in a program with many classes are not connected each
//! with each. A hub of a method is an instruction of the graph that stands in no function. It does not know what methods do.

use mir::inst::{ClassIx, FuncId};
use mir::program::Program;
use syntax::intern::Symbol;

use crate::classes::Resolved;
use crate::named::Named;
use crate::rows::{InstRow, Is, Var};
use crate::solve::Solver;
use crate::ty::SetId;

/// Calls of the methods of one name, with so many arguments, of boxes of the classes of a set. No name is one that the program
/// does not have, no set is any class.
pub(crate) type HubKey = (Option<Symbol>, usize, Option<SetId>);

/// Whether instructions that do the same share it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shared {
    /// One instruction does it.
    Once,
    /// By the hub of this number.
    By(usize),
    /// What that does depends on more than the class, so each instruction is for itself.
    Never,
}

/// Calls of the methods of one name, with so many arguments, of boxes of any class or of those of a set.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    key: HubKey,
    args: Vec<Var>,
    ret: Var,
    inst: u32,
    /// Classes where the name may mean something and that had no instances when it was looked at.
    left: Vec<ClassIx>,
    /// Classes where what is called or given depends on what is in a field, a content or an argument.
    again: Vec<ClassIx>,
}

impl Solver<'_> {
    /// The number that stands for a hub where others are functions.
    fn hub_func(&self, hub: usize) -> FuncId {
        FuncId((self.program.funcs.len() + hub) as u32)
    }

    /// Looks at an instruction again if it is a hub.
    pub(crate) fn is_hub(&mut self, owner: FuncId) -> bool {
        let hub = owner.index().checked_sub(self.program.funcs.len());
        if let Some(hub) = hub {
            self.look_at_hub(hub);
        }
        hub.is_some()
    }

    /// A method is called on an instance of any class.
    pub(crate) fn method_of_any(&mut self, id: u32, name: Option<Symbol>, args: &[Var], dst: Var) {
        let key = (name, args.len(), None);
        let at = match self.shared.get(&key) {
            Some(Shared::By(at)) => *at,
            _ => {
                let left = self.named(name, args.len());
                self.new_hub(key, left)
            }
        };
        self.join_hub(id, at, args, dst);
    }

    /// A method is called on an instance of the classes of a set, of which there are many. Gives whether that goes through a
    /// hub, which it does if another instruction does the same, and the classes alone say what that is.
    pub(crate) fn method_of_set(
        &mut self,
        id: u32,
        set: SetId,
        name: Option<Symbol>,
        args: &[Var],
        dst: Var,
    ) -> bool {
        let key = (name, args.len(), Some(set));
        let at = match self.shared.get(&key) {
            Some(Shared::By(at)) => *at,
            Some(Shared::Never) => return false,
            Some(Shared::Once) => {
                let classes = self.classes_of_set(set);
                let text = called(self.program, name, args.len());
                let is_fixed = |class: &ClassIx| {
                    let found = self.classes.resolve(self.program, *class, name, text);
                    matches!(found, Resolved::Func(_) | Resolved::Static(_))
                };
                if !classes.iter().all(is_fixed) {
                    self.shared.insert(key, Shared::Never);
                    return false;
                }
                self.new_hub(key, classes)
            }
            None => {
                self.shared.insert(key, Shared::Once);
                return false;
            }
        };
        self.join_hub(id, at, args, dst);
        true
    }

    fn classes_of_set(&self, set: SetId) -> Vec<ClassIx> {
        self.sets.classes(set).into_iter().flatten().map(ClassIx).collect()
    }

    /// What an instruction calls goes through a hub.
    fn join_hub(&mut self, id: u32, at: usize, args: &[Var], dst: Var) {
        let Some(hub) = self.hubs.get(at) else { return };
        let ret = hub.ret;
        for (from, to) in args.iter().zip(hub.args.clone()) {
            self.connect(*from, to);
        }
        self.connect(ret, dst);
        let func = self.hub_func(at);
        self.note_call(id, func);
    }

    /// Adds a hub for the calls on instances of these classes.
    fn new_hub(&mut self, key: HubKey, left: Vec<ClassIx>) -> usize {
        let (_, count, set) = key;
        let at = self.hubs.len();
        let args: Vec<Var> = (0..count).map(|_| self.graph.new_var()).collect();
        let ret = self.graph.new_var();
        let hub = InstRow::new(self.hub_func(at), 0, (0, 0), Is::Plain);
        let inst = self.graph.new_inst(InstRow { waits: false, ..hub });
        self.hubs.push(Hub { key, args, ret, inst, left, again: Vec::new() });
        self.shared.insert(key, Shared::By(at));
        self.graph.subscribe(self.births, inst);
        // What builtins give depends on their arguments, and what reaches those through the hub is not known yet. On the
        // classes of a set nothing does.
        if set.is_none() {
            for arg in self.hubs[at].args.clone() {
                self.graph.subscribe(arg, inst);
            }
        }
        self.look_at_hub(at);
        at
    }

    /// All hubs go through all classes once more.
    #[cfg(debug_assertions)]
    pub(crate) fn look_at_hubs_again(&mut self) {
        for at in 0..self.hubs.len() {
            let left = match self.hubs[at].key {
                (.., Some(set)) => self.classes_of_set(set),
                (name, count, None) => self.named(name, count),
            };
            let hub = &mut self.hubs[at];
            (hub.left, hub.again) = (left, Vec::new());
            self.graph.enqueue(hub.inst);
        }
    }

    /// The classes where a name may mean something that is called with so many arguments.
    fn named(&mut self, name: Option<Symbol>, count: usize) -> Vec<ClassIx> {
        let text = called(self.program, name, count);
        let named = self.named.get_or_insert_with(|| Named::new(self.program, &self.classes));
        named.find(&self.classes, name, text)
    }

    fn look_at_hub(&mut self, at: usize) {
        let Some(hub) = self.hubs.get_mut(at) else { return };
        let ((name, ..), ret, inst) = (hub.key, hub.ret, hub.inst);
        let args = hub.args.clone();
        let mut left = core::mem::take(&mut hub.left);
        let again = hub.again.len();
        let text = called(self.program, name, args.len());
        left.retain(|class| {
            let is_new = self.has_instances[class.index()];
            if is_new && !self.method_of(inst, *class, name, text, &args, ret) {
                self.hubs[at].again.push(*class);
            }
            !is_new
        });
        self.hubs[at].left = left;
        for i in 0..again {
            let class = self.hubs[at].again[i];
            self.method_of(inst, class, name, text, &args, ret);
        }
    }

    /// What the fields of a name hold, in boxes of any class.
    pub(crate) fn fields_of_any(&mut self, name: Symbol) -> Var {
        if let Some(var) = self.reads.get(&name) {
            return *var;
        }
        let var = self.graph.new_var();
        self.reads.insert(name, var);
        for place in self.classes.by_name.get(&name).cloned().unwrap_or_default() {
            self.connect(self.fields + place, var);
        }
        var
    }

    /// Where what is stored in fields of a name goes, in boxes of any class; weak ones are left out.
    pub(crate) fn stores_of_any(&mut self, name: Symbol) -> Var {
        if let Some(var) = self.writes.get(&name) {
            return *var;
        }
        let var = self.graph.new_var();
        self.writes.insert(name, var);
        for place in self.classes.by_name.get(&name).cloned().unwrap_or_default() {
            if !self.classes.weak[place as usize] {
                self.connect(var, self.fields + place);
            }
        }
        var
    }

    /// Where what is stored in weak fields of a name goes, as they give it then, in boxes of any class. `None` when there are
    /// none.
    pub(crate) fn weak_stores_of_any(&mut self, name: Symbol) -> Option<Var> {
        if let Some(var) = self.weak_writes.get(&name) {
            return *var;
        }
        let all = self.classes.by_name.get(&name).into_iter().flatten();
        let weak: Vec<u32> = all.copied().filter(|place| self.classes.weak[*place as usize]).collect();
        let var = (!weak.is_empty()).then(|| self.graph.new_var());
        self.weak_writes.insert(name, var);
        for place in weak {
            var.into_iter().for_each(|var| self.connect(var, self.fields + place));
        }
        var
    }
}

/// The name of what is called with so many arguments. Only indexing uses names that the program may not have.
fn called(program: &Program, name: Option<Symbol>, count: usize) -> &str {
    match (name, count) {
        (Some(name), _) => program.names.text(name),
        (None, 1) => "get",
        (None, _) => "set",
    }
}
