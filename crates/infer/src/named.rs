//! On instances of which classes a name may mean something, so that a call on boxes of any class does not have to ask all
//! classes of the program. It does not know what the name means there.

use hashbrown::HashMap;
use mir::groups::Groups;
use mir::inst::ClassIx;
use mir::program::Program;
use syntax::intern::Symbol;

use crate::classes::{Classes, rows_of_text};

/// What is known of all names.
#[derive(Debug)]
pub(crate) struct Named {
    /// By class, itself and those that inherit from it.
    heirs: Groups<u32>,
    /// By name, the classes that declare such a field.
    fields: HashMap<Symbol, Vec<ClassIx>>,
    /// Classes with builtin ancestors.
    with_contents: Vec<ClassIx>,
}

impl Named {
    pub(crate) fn new(program: &Program, classes: &Classes) -> Named {
        let (mut pairs, mut fields) = (Vec::new(), HashMap::<Symbol, Vec<ClassIx>>::new());
        let all = || (0..).map(ClassIx).zip(&classes.info);
        for (class, info) in all() {
            pairs.extend(info.order.iter().map(|above| (above.0, class.0)));
        }
        for (class, declared) in (0..).map(ClassIx).zip(&program.classes) {
            declared.fields.iter().for_each(|field| fields.entry(field.name).or_default().push(class));
        }
        let with_contents = all().filter(|(_, info)| !info.contents.is_empty()).map(|(class, _)| class);
        Named {
            heirs: Groups::new(classes.info.len(), &pairs),
            fields,
            with_contents: with_contents.collect(),
        }
    }

    /// The classes where a name may mean a method or a field, ascending. `None` is a name that the program does not have;
    /// then only the text can mean something.
    pub(crate) fn find(&self, classes: &Classes, name: Option<Symbol>, text: &str) -> Vec<ClassIx> {
        let rows = name.map_or_else(|| rows_of_text(text), |name| classes.rows_of(name));
        if rows.is_some_and(|rows| rows.every.is_some()) {
            return (0..classes.info.len() as u32).map(ClassIx).collect();
        }
        let methods = name.into_iter().flat_map(|name| classes.declared(name)).map(|method| method.0);
        let fields = name.and_then(|name| self.fields.get(&name)).into_iter().flatten().copied();
        let heirs = methods.chain(fields).flat_map(|class| self.heirs.of(class.index()));
        let mut found: Vec<ClassIx> = heirs.map(|class| ClassIx(*class)).collect();
        found.extend(&self.with_contents);
        found.sort_unstable();
        found.dedup();
        found
    }
}
