//! The classes of a program as the analysis sees them: lookup order, fields that are one place of memory, methods by
//! selector, contents of builtin parents. It looks at declarations only.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use hashbrown::HashMap;
use mir::inst::{ClassIx, FuncId};
use mir::program::{Parent, Program};
use nyrt::builtin::{self, BuiltinId, Owner};
use nyrt::convert;
use nyrt::value::{ClassId, class_id};
use syntax::intern::Symbol;

/// What a name means on instances of a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resolved {
    /// A method; the receiver is its first argument.
    Func(FuncId),
    /// A method without receiver.
    Static(FuncId),
    /// A builtin method: on the content of that builtin parent.
    Builtin(ClassId, BuiltinId),
    /// A method of the prelude for a builtin parent, with that parent's content as receiver.
    OnContent(ClassId, FuncId),
    /// A builtin method that every value has.
    Every(BuiltinId),
    /// No method. There may be a field of that name.
    None,
}

/// Builtin methods of one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) methods: Vec<(ClassId, BuiltinId)>,
    pub(crate) every: Option<BuiltinId>,
}

fn rows_by_name() -> &'static BTreeMap<&'static str, Rows> {
    static ROWS: OnceLock<BTreeMap<&'static str, Rows>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let mut all: BTreeMap<&'static str, Rows> = BTreeMap::new();
        for (id, row) in builtin::rows() {
            for name in row.names {
                match row.owner {
                    Owner::Every => all.entry(name).or_default().every = Some(id),
                    Owner::Method(class) => all.entry(name).or_default().methods.push((class, id)),
                    Owner::New(_) | Owner::Function | Owner::External => {}
                }
            }
        }
        all
    })
}

/// Builtin methods of a name.
pub(crate) fn rows_of_text(name: &str) -> Option<&'static Rows> {
    rows_by_name().get(name)
}

/// The name of a type: it means boxes of that name, with or without `Box`, and a builtin class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeName {
    name: Symbol,
    with_box: Option<Symbol>,
    pub(crate) builtin: Option<ClassId>,
}

/// One class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Info {
    /// Itself and its user ancestors in lookup order.
    pub(crate) order: Vec<ClassIx>,
    /// Builtin ancestors in lookup order.
    pub(crate) contents: Vec<ClassId>,
    /// Its fields, inherited ones too: name, place.
    pub(crate) fields: Vec<(Symbol, u32)>,
    /// The same, by ascending name.
    by_name: Vec<(Symbol, u32)>,
    /// The nearest `fini`.
    pub(crate) fini: Option<FuncId>,
}

/// All classes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Classes {
    pub(crate) info: Vec<Info>,
    /// Number of places for fields.
    pub(crate) places: u32,
    /// Whether a place is of a field declared `weak`.
    pub(crate) weak: Vec<bool>,
    /// Places by field name.
    pub(crate) by_name: HashMap<Symbol, Vec<u32>>,
    /// By name the number of its list of methods; 0 is the empty one.
    lists: Vec<u32>,
    /// Methods of one name, by ascending class: class and method as declared.
    methods: Vec<Vec<(ClassIx, FuncId, bool)>>,
    /// Builtin methods by name.
    rows: Vec<Option<&'static Rows>>,
    pub(crate) has_contents: bool,
    /// Whether some class has a `fini`.
    pub(crate) has_fini: bool,
    /// Classes with fields that not everybody may touch.
    pub(crate) restricted: Vec<bool>,
    builtin_methods: Vec<(ClassId, Symbol, FuncId, bool)>,
    /// See [`Classes::type_name`].
    type_names: RefCell<HashMap<Symbol, TypeName>>,
}

impl Classes {
    pub(crate) fn new(program: &Program) -> Classes {
        let count = program.classes.len();
        let mut all = Classes { info: vec![Info::default(); count], ..Classes::default() };
        for (builtin, m) in &program.builtin_methods {
            all.builtin_methods.push((ClassId(builtin.0), m.name, m.func, m.is_static));
        }
        all.lists = vec![0; program.names.len()];
        all.methods.push(Vec::new());
        for (i, class) in program.classes.iter().enumerate() {
            for m in class.methods.iter().filter(|m| !m.func.is_none()) {
                let Some(list) = all.lists.get_mut(m.name.0 as usize) else { continue };
                if *list == 0 {
                    *list = all.methods.len() as u32;
                    all.methods.push(Vec::new());
                }
                all.methods[*list as usize].push((ClassIx(i as u32), m.func, m.is_static));
            }
        }
        all.rows = vec![None; program.names.len()];
        for (name, rows) in rows_by_name() {
            if let Some(slot) = program.names.find(name).and_then(|n| all.rows.get_mut(n.0 as usize)) {
                *slot = Some(rows);
            }
        }
        let fini = program.names.find("fini");
        for i in 0..count {
            if all.info[i].order.is_empty() {
                let order = program.ancestors_first(ClassIx(i as u32));
                order.into_iter().for_each(|class| all.order_of(program, class));
            }
            let found = fini.and_then(|name| match all.user_method(ClassIx(i as u32), name) {
                Some((func, false)) => Some(func),
                _ => None,
            });
            all.info[i].fini = found;
            all.has_fini |= found.is_some();
            all.has_contents |= !all.info[i].contents.is_empty();
        }
        all.restricted =
            (0..count).map(|i| all.info[i].order.iter().any(|c| program.class(*c).has_visibility)).collect();
        all.places_of(program);
        all
    }

    /// The orders of the parents are known.
    fn order_of(&mut self, program: &Program, class: ClassIx) {
        if !self.info[class.index()].order.is_empty() {
            return;
        }
        let mut contents = Vec::new();
        for parent in &program.class(class).parents {
            match parent {
                Parent::Builtin(b) => push_new(&mut contents, ClassId(b.0)),
                Parent::User(p) => {
                    self.info[p.index()].contents.iter().for_each(|c| push_new(&mut contents, *c));
                }
            }
        }
        let info = &mut self.info[class.index()];
        info.order = program.lookup_order(class).collect();
        info.contents = contents;
    }

    /// Gives every declared field a place. Fields of one name that meet in a class are one place.
    fn places_of(&mut self, program: &Program) {
        let mut first: Vec<u32> = Vec::with_capacity(program.classes.len());
        let mut next = 0;
        for class in &program.classes {
            first.push(next);
            next += class.fields.len() as u32;
        }
        let mut root: Vec<u32> = (0..next).collect();
        fn find(root: &mut [u32], mut at: u32) -> u32 {
            while root[at as usize] != at {
                root[at as usize] = root[root[at as usize] as usize];
                at = root[at as usize];
            }
            at
        }
        let mut fields: Vec<Vec<(Symbol, u32)>> = vec![Vec::new(); program.classes.len()];
        for (i, all) in fields.iter_mut().enumerate() {
            // The order of the layout does not matter here.
            let mut known: HashMap<Symbol, u32> = HashMap::new();
            for class in &self.info[i].order {
                for (k, field) in program.class(*class).fields.iter().enumerate() {
                    let place = first[class.index()] + k as u32;
                    match known.insert(field.name, place) {
                        Some(other) => {
                            let (a, b) = (find(&mut root, other), find(&mut root, place));
                            root[b as usize] = a;
                        }
                        None => all.push((field.name, place)),
                    }
                }
            }
        }
        self.places = next;
        self.weak = vec![false; next as usize];
        for (i, mut all) in fields.into_iter().enumerate() {
            for (_, place) in &mut all {
                *place = find(&mut root, *place);
            }
            self.info[i].by_name = all.clone();
            self.info[i].by_name.sort_unstable();
            self.info[i].fields = all;
        }
        for (i, class) in program.classes.iter().enumerate() {
            for (k, field) in class.fields.iter().enumerate() {
                let place = find(&mut root, first[i] + k as u32);
                self.weak[place as usize] |= field.weak;
                push_new(self.by_name.entry(field.name).or_default(), place);
            }
        }
    }

    /// The place of a field of a class.
    pub(crate) fn field(&self, class: ClassIx, name: Symbol) -> Option<u32> {
        let fields = &self.info.get(class.index())?.by_name;
        let at = fields.binary_search_by_key(&name, |(n, _)| *n).ok()?;
        fields.get(at).map(|(_, place)| *place)
    }

    /// A method of the program: its code and whether it has no receiver.
    pub(crate) fn user_method(&self, class: ClassIx, name: Symbol) -> Option<(FuncId, bool)> {
        let declared = self.declared(name);
        if declared.is_empty() {
            return None;
        }
        // In a large program many classes declare one name.
        self.info[class.index()].order.iter().find_map(|c| {
            let at = declared.partition_point(|d| d.0.0 < c.0);
            declared.get(at).filter(|d| d.0 == *c).map(|d| (d.1, d.2))
        })
    }

    /// Whether some class declares a method of this name.
    pub(crate) fn is_selector(&self, name: Symbol) -> bool {
        !self.declared(name).is_empty()
    }

    /// Whether a name may mean a method on instances of some class.
    pub(crate) fn may_be_method(&self, name: Symbol) -> bool {
        let prelude = || self.builtin_methods.iter().any(|m| m.1 == name);
        self.is_selector(name) || self.rows_of(name).is_some() || prelude()
    }

    /// The methods of a name: class, code, and whether it has no receiver.
    pub(crate) fn declared(&self, name: Symbol) -> &[(ClassIx, FuncId, bool)] {
        let list = self.lists.get(name.0 as usize).copied().unwrap_or(0);
        self.methods.get(list as usize).map_or(&[], Vec::as_slice)
    }

    /// Builtin methods of a name.
    pub(crate) fn rows_of(&self, name: Symbol) -> Option<&'static Rows> {
        self.rows.get(name.0 as usize).copied().flatten()
    }

    /// A method that the prelude adds to a builtin class.
    pub(crate) fn prelude_method(&self, class: ClassId, name: Symbol) -> Option<(FuncId, bool)> {
        self.builtin_methods.iter().find(|m| m.0 == class && m.1 == name).map(|m| (m.2, m.3))
    }

    /// What a name means on instances of a class.
    pub(crate) fn resolve(
        &self,
        program: &Program,
        class: ClassIx,
        name: Option<Symbol>,
        text: &str,
    ) -> Resolved {
        debug_assert!(name.is_none_or(|n| program.names.text(n) == text));
        match name.and_then(|n| self.user_method(class, n)) {
            Some((func, false)) => return Resolved::Func(func),
            Some((func, true)) => return Resolved::Static(func),
            None => {}
        }
        let rows = match name {
            Some(name) => self.rows_of(name),
            None => rows_of_text(text),
        };
        for parent in &self.info[class.index()].contents {
            if let Some((func, is_static)) = name.and_then(|n| self.prelude_method(*parent, n)) {
                return if is_static { Resolved::Static(func) } else { Resolved::OnContent(*parent, func) };
            }
            if let Some((_, id)) = rows.and_then(|r| r.methods.iter().find(|m| m.0 == *parent)) {
                return Resolved::Builtin(*parent, *id);
            }
        }
        rows.and_then(|r| r.every).map_or(Resolved::None, Resolved::Every)
    }

    /// What the name of a type means. Tests for the same types are applied again and again.
    pub(crate) fn type_name(&self, program: &Program, name: Symbol) -> TypeName {
        *self.type_names.borrow_mut().entry(name).or_insert_with(|| {
            let text = program.names.text(name);
            let with_box = program.names.find(&format!("{text}Box"));
            TypeName { name, with_box, builtin: convert::builtin_class(text) }
        })
    }

    /// Whether a class or ancestor has the name of a type, or is its builtin class.
    pub(crate) fn is_type(&self, program: &Program, class: u32, of: TypeName) -> bool {
        let info = &self.info[class as usize];
        of.builtin.is_some_and(|b| info.contents.contains(&b))
            || info.order.iter().any(|c| {
                let name = program.class(*c).name;
                name == of.name || Some(name) == of.with_box
            })
    }
}

/// The kinds of values of a builtin class.
pub(crate) fn kind_of(class: ClassId) -> crate::Kinds {
    use crate::Kinds;
    match class {
        class_id::VOID => Kinds::VOID,
        class_id::NULL => Kinds::NULL,
        class_id::BOOL => Kinds::BOOL,
        class_id::INTEGER => Kinds::INT,
        class_id::FLOAT => Kinds::FLOAT,
        class_id::STRING => Kinds::STR,
        class_id::ARRAY => Kinds::ARR,
        class_id::MAP => Kinds::MAP,
        class_id::FUNCTION => Kinds::FUNC,
        class_id::FUTURE => Kinds::FUTURE,
        class_id::WEAK => Kinds::WEAK,
        class_id::CELL => Kinds::CELL,
        _ => Kinds::BUILTIN,
    }
}

pub(crate) fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
