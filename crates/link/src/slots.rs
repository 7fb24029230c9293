//! How the fields of each class are stored. The slots come from whoever has analysed the program; here fields of one
//! name that a class inherits from several places are brought to the same slot. It does not know offsets.

use std::collections::{HashMap, HashSet};

use mir::inst::ClassIx;
use mir::program::{Parent, Program};
use nyrt::heap::SlotType;
use syntax::intern::Symbol;

/// The slot of a field: class, and position among the fields that the class itself declares.
pub type Layouts<'a> = &'a dyn Fn(ClassIx, usize) -> SlotType;

/// Every field can hold anything.
pub fn untyped(_: ClassIx, _: usize) -> SlotType {
    SlotType::Any
}

/// The slots of the fields that classes declare themselves.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    by_class: Vec<Box<[SlotType]>>,
}

impl Slots {
    pub(crate) fn new(program: &Program, layouts: Layouts<'_>) -> Slots {
        let own = |(class, c): (usize, &mir::program::Class)| {
            (0..c.fields.len()).map(|i| layouts(ClassIx(class as u32), i)).collect()
        };
        let mut slots = Slots { by_class: program.classes.iter().enumerate().map(own).collect() };
        if slots.by_class.iter().any(|class| class.iter().any(|slot| *slot != SlotType::Any)) {
            while slots.widen(program) {}
        }
        slots
    }

    /// The slot of a class's own field. Classes that came later are untyped.
    pub(crate) fn get(&self, class: ClassIx, field: usize) -> SlotType {
        self.by_class.get(class.index()).and_then(|c| c.get(field)).copied().unwrap_or(SlotType::Any)
    }

    /// A class has one field of each name, whoever declares it: what differs can hold anything. Whether something
    /// differed.
    fn widen(&mut self, program: &Program) -> bool {
        let mut changed = false;
        for class in 0..program.classes.len() {
            let mut first: HashMap<Symbol, (usize, usize)> = HashMap::new();
            for ancestor in ancestors(program, class) {
                for (i, field) in program.classes[ancestor].fields.iter().enumerate() {
                    let (c, f) = *first.entry(field.name).or_insert((ancestor, i));
                    let other = &program.classes[c].fields[f];
                    if self.by_class[c][f] != self.by_class[ancestor][i] || other.weak != field.weak {
                        changed |= self.set_any(c, f) | self.set_any(ancestor, i);
                    }
                }
            }
        }
        changed
    }

    fn set_any(&mut self, class: usize, field: usize) -> bool {
        core::mem::replace(&mut self.by_class[class][field], SlotType::Any) != SlotType::Any
    }
}

/// A class and all its ancestors among the classes of the program.
fn ancestors(program: &Program, class: usize) -> Vec<usize> {
    let mut all = vec![class];
    let mut known = HashSet::from([class]);
    let mut at = 0;
    while let Some(&class) = all.get(at) {
        at += 1;
        for parent in &program.classes[class].parents {
            if let Parent::User(p) = parent
                && p.index() < program.classes.len()
                && known.insert(p.index())
            {
                all.push(p.index());
            }
        }
    }
    all
}
