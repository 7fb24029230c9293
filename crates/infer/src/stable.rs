//! Fields that hold the same value whenever code reads them that does not construct their box: constructors assign
//! them and nobody else, and a constructor runs either to its end before, or not at all while, such code is at work.
//! By name, whatever the class. It knows no types.

use hashbrown::HashSet;
use mir::inst::{FuncId, Op, Val};
use mir::program::Program;
use syntax::intern::Symbol;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stable {
    /// Fields that something else assigns.
    assigned: HashSet<Symbol>,
    /// The code that constructs boxes.
    builders: HashSet<FuncId>,
    /// Whether constructors may run at any time, so that no field is stable: other tasks go on while one waits, and
    /// `from P.birth()` runs in a method what the box has run before.
    none: bool,
}

impl Stable {
    pub(crate) fn new(program: &Program) -> Stable {
        let classes = program.classes.iter();
        let builders = classes.flat_map(|c| c.constructors.iter().map(|m| m.1).chain(c.init)).collect();
        let mut stable = Stable { assigned: HashSet::new(), builders, none: false };
        for id in (0..program.funcs.len() as u32).map(FuncId) {
            stable.look_at(program, id);
        }
        stable
    }

    fn look_at(&mut self, program: &Program, id: FuncId) {
        let func = program.func(id);
        let builds = self.builders.contains(&id);
        let mut made: Vec<Val> = Vec::new();
        for inst in &func.insts {
            match inst.op {
                Op::Spawn { .. } => self.none = true,
                Op::NewObject { .. } => made.push(inst.dst),
                Op::SetField { object, name, .. } if !(builds && object == Val(0)) => {
                    self.assigned.insert(name);
                }
                Op::Call { func: callee, args } if !builds && self.builders.contains(&callee) => {
                    self.none |= !func.list(args.0).first().is_some_and(|me| made.contains(&Val(*me)));
                }
                _ => {}
            }
        }
    }

    /// Whether a field is the same in all places of a function, for one box.
    pub(crate) fn is_stable(&self, func: FuncId, field: Symbol) -> bool {
        !self.none && !self.builders.contains(&func) && !self.assigned.contains(&field)
    }
}
