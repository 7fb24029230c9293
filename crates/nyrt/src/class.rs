//! Classes: parents, field names and their visibility, methods, constructors, finalizers, static boxes.
//!
//! The table grows while a program is loaded (and in a REPL) and never shrinks. Where fields lie is in the heap's
//! layout table, which this fills. It does not know MIR and runs nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::hash::Hash;

use hashbrown::{HashMap, HashSet};

use crate::heap::{FieldSpec, LayoutSpec, LayoutTable};
use crate::names::Names;
use crate::selectors::Selectors;
use crate::value::{BUILTIN_CLASSES, ClassId, FuncId, Name, class_id};

/// Number of a row in the table of builtin methods and functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BuiltinId(pub u16);

/// What a method name leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A method of the program; `me` is the receiver.
    Func(FuncId),
    /// A method without `me`.
    Static(FuncId),
    /// A builtin method. Called on a user box it works on the content of the builtin parent.
    Builtin(BuiltinId),
    /// A function of the prelude for a builtin parent: the receiver is the content for that parent.
    OnContent {
        /// The builtin parent.
        parent: ClassId,
        /// The function.
        func: FuncId,
    },
}

/// A field of a class as declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldDef {
    /// How it is stored.
    pub spec: FieldSpec,
    /// Listed in a `public` group.
    pub public: bool,
}

/// A method of a class as declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodDef {
    /// Its name.
    pub name: Name,
    /// Its code.
    pub func: FuncId,
    /// Has no `me`.
    pub is_static: bool,
}

/// A class as declared. Its parents must be defined before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassDef<'a> {
    /// In the order of the `from` list, user and builtin classes.
    pub parents: &'a [ClassId],
    /// Interfaces it has.
    pub interfaces: &'a [ClassId],
    /// Its own fields in declaration order.
    pub fields: &'a [FieldDef],
    /// Whether it has a `public` or `private` group.
    pub has_visibility: bool,
    /// Its own methods.
    pub methods: &'a [MethodDef],
    /// Its own constructors by number of arguments.
    pub constructors: &'a [(u32, FuncId)],
    /// Sets the initial values of its own fields.
    pub init: Option<FuncId>,
    /// What a static box does at its first use.
    pub static_init: Option<FuncId>,
    /// `static box`
    pub is_static: bool,
    /// `interface box`
    pub is_interface: bool,
}

/// A class.
#[derive(Debug, Default)]
pub struct Class {
    name: Option<Name>,
    defined: bool,
    parents: Box<[ClassId]>,
    interfaces: Box<[ClassId]>,
    /// Itself and its user ancestors, depth first, each once.
    order: Box<[ClassId]>,
    /// Builtin ancestors with the slot of the content.
    contents: Box<[(ClassId, u32)]>,
    constructors: Box<[(u32, FuncId)]>,
    inits: Box<[FuncId]>,
    static_init: Option<FuncId>,
    fini: Option<FuncId>,
    restricted: bool,
    public: HashSet<Name>,
    is_static: bool,
    is_interface: bool,
}

impl Class {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        self.name
    }
    /// Direct parents in the order of the `from` list.
    pub fn parents(&self) -> &[ClassId] {
        &self.parents
    }
    /// Interfaces it declares.
    pub fn interfaces(&self) -> &[ClassId] {
        &self.interfaces
    }
    /// Itself and its user ancestors in lookup order.
    pub fn order(&self) -> &[ClassId] {
        &self.order
    }
    /// Builtin ancestors, each with the slot that holds its content (`void` until first use).
    pub fn contents(&self) -> &[(ClassId, u32)] {
        &self.contents
    }
    /// Sets initial values: the functions to call on a new instance, parents first.
    pub fn inits(&self) -> &[FuncId] {
        &self.inits
    }
    /// What a static box does at its first use.
    pub fn static_init(&self) -> Option<FuncId> {
        self.static_init
    }
    /// The nearest `fini` in lookup order.
    pub fn fini(&self) -> Option<FuncId> {
        self.fini
    }
    /// Its own constructors by number of arguments.
    pub fn constructors(&self) -> &[(u32, FuncId)] {
        &self.constructors
    }
    /// `static box`
    pub fn is_static(&self) -> bool {
        self.is_static
    }
    /// `interface box`
    pub fn is_interface(&self) -> bool {
        self.is_interface
    }
}

const CACHE_BITS: u32 = 9;

#[derive(Clone, Copy)]
struct Line {
    class: ClassId,
    name: Name,
    target: Option<Target>,
}

const NO_LINE: Line = Line { class: ClassId(u32::MAX), name: Name(u32::MAX), target: None };

/// All classes of an isolate.
pub struct ClassTable {
    classes: Vec<Class>,
    by_name: HashMap<Name, ClassId>,
    methods: HashMap<(ClassId, Name), Target>,
    universal: HashMap<Name, Target>,
    cache: Box<[Cell<Line>]>,
    /// Whether the cache holds anything: while classes are being added it does not, and clearing it each time
    /// would be most of the start-up.
    cached: Cell<bool>,
    selectors: Selectors,
    fini: Name,
}

impl ClassTable {
    /// The builtin classes without methods.
    pub fn new(names: &mut Names) -> ClassTable {
        let mut classes = Vec::new();
        classes.resize_with(class_id::FIRST_USER.0 as usize, Class::default);
        let mut by_name = HashMap::new();
        for &(id, text) in BUILTIN_CLASSES {
            let name = names.intern(text);
            let class = &mut classes[id.0 as usize];
            class.name = Some(name);
            class.defined = true;
            by_name.insert(name, id);
        }
        ClassTable {
            classes,
            by_name,
            methods: HashMap::new(),
            universal: HashMap::new(),
            cache: alloc::vec![Cell::new(NO_LINE); 1 << CACHE_BITS].into(),
            cached: Cell::new(false),
            selectors: Selectors::default(),
            fini: names.intern("fini"),
        }
    }

    /// An id for a class that is defined later. A later class of the same name hides the earlier one.
    pub fn declare(&mut self, name: Name) -> ClassId {
        let id = ClassId(self.classes.len() as u32);
        self.classes.push(Class { name: Some(name), ..Class::default() });
        self.by_name.insert(name, id);
        id
    }

    /// Gives a declared class its meaning and its layout. Parents must be defined.
    pub fn define(&mut self, id: ClassId, def: &ClassDef<'_>, layouts: &mut LayoutTable, names: &mut Names) {
        for m in def.methods {
            self.add_method(id, *m);
        }
        let mut order = alloc::vec![id];
        let mut contents: Vec<ClassId> = Vec::new();
        let mut inits: Vec<FuncId> = Vec::new();
        let mut public: HashSet<Name> = def.fields.iter().filter(|f| f.public).map(|f| f.spec.name).collect();
        let mut restricted = def.has_visibility;
        let mut own: Vec<FieldSpec> = Vec::new();
        // The first parent's fields are the prefix of the layout, those of the others follow.
        let first = def.parents.first().copied().filter(|&p| p >= class_id::FIRST_USER);
        for &p in def.parents {
            if p < class_id::FIRST_USER {
                push_new(&mut contents, p);
                own.push(FieldSpec::any(content_name(names, p)));
                continue;
            }
            let parent = self.get(p);
            extend_new(&mut order, &parent.order);
            parent.contents.iter().for_each(|&(c, _)| push_new(&mut contents, c));
            extend_new(&mut inits, &parent.inits);
            public.extend(&parent.public);
            restricted |= parent.restricted;
            if Some(p) != first {
                let fields = layouts.get(p).fields();
                own.extend(fields.iter().map(|f| FieldSpec { name: f.name, slot: f.slot, weak: f.weak }));
            }
        }
        own.extend(def.fields.iter().map(|f| f.spec));
        inits.extend(def.init);
        let fini = order.iter().find_map(|&c| match self.methods.get(&(c, self.fini)) {
            Some(&Target::Func(func)) => Some(func),
            _ => None,
        });
        let layout = layouts.define(id, &LayoutSpec { parent: first, own: &own, fini, native: None });
        let contents: Vec<(ClassId, u32)> =
            contents.into_iter().filter_map(|c| Some((c, layout.slot_of(content_name(names, c))?))).collect();
        let class = &mut self.classes[id.0 as usize];
        *class = Class {
            name: class.name,
            defined: true,
            parents: def.parents.into(),
            interfaces: def.interfaces.into(),
            order: order.into(),
            contents: contents.into(),
            constructors: def.constructors.into(),
            inits: inits.into(),
            static_init: def.static_init,
            fini,
            restricted,
            public,
            is_static: def.is_static,
            is_interface: def.is_interface,
        };
        self.forget_cache();
    }

    /// Adds a method to a class (`static function Box.name`, and what the prelude adds to builtin classes).
    /// It replaces one of the same name. A `fini` must be there when the class is defined.
    pub fn add_method(&mut self, class: ClassId, m: MethodDef) {
        let target = if m.is_static { Target::Static(m.func) } else { Target::Func(m.func) };
        self.methods.insert((class, m.name), target);
        self.forget_cache();
    }

    /// Adds a builtin method to a builtin class, or with `None` to every value.
    pub fn add_builtin(&mut self, class: Option<ClassId>, name: Name, id: BuiltinId) {
        match class {
            Some(class) => self.methods.insert((class, name), Target::Builtin(id)),
            None => self.universal.insert(name, Target::Builtin(id)),
        };
        self.forget_cache();
    }

    fn forget_cache(&mut self) {
        self.selectors.clear();
        if self.cached.replace(false) {
            self.cache.fill(Cell::new(NO_LINE));
        }
    }

    /// A class.
    #[inline(always)]
    pub fn get(&self, id: ClassId) -> &Class {
        &self.classes[id.0 as usize]
    }

    /// Whether the class has been defined and not only declared.
    pub fn is_defined(&self, id: ClassId) -> bool {
        self.classes.get(id.0 as usize).is_some_and(|c| c.defined)
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Never: the builtin classes are always there.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The class of a name.
    pub fn find(&self, name: Name) -> Option<ClassId> {
        self.by_name.get(&name).copied()
    }

    /// What a method name means for values of a class: the class itself, its user ancestors depth first, then
    /// builtin ancestors, then what every value has.
    #[inline]
    pub fn method(&self, class: ClassId, name: Name) -> Option<Target> {
        let at = class.0.wrapping_mul(0x9E37_79B1) ^ name.0.wrapping_mul(0x85EB_CA6B);
        let line = &self.cache[(at >> (32 - CACHE_BITS)) as usize];
        let cached = line.get();
        if cached.class == class && cached.name == name {
            return cached.target;
        }
        let target = self.method_slow(class, name);
        self.cached.set(true);
        line.set(Line { class, name, target });
        target
    }

    /// [`ClassTable::method`] through a dense row per name: for tiers that call a name often.
    #[inline]
    pub fn method_fast(&mut self, class: ClassId, name: Name) -> Option<Target> {
        match self.selectors.get(class, name) {
            Some(target) => target,
            None => self.method_first(class, name),
        }
    }

    #[cold]
    #[inline(never)]
    fn method_first(&mut self, class: ClassId, name: Name) -> Option<Target> {
        let mut selectors = core::mem::take(&mut self.selectors);
        let classes = self.classes.len() as u32;
        selectors.fill(name, self.universal(name), classes, |class| self.method_slow(class, name));
        self.selectors = selectors;
        self.method_slow(class, name)
    }

    /// The method of a name that every value has.
    #[inline]
    pub fn universal(&self, name: Name) -> Option<Target> {
        self.universal.get(&name).copied()
    }

    #[cold]
    fn method_slow(&self, class: ClassId, name: Name) -> Option<Target> {
        if class < class_id::FIRST_USER {
            return self.methods.get(&(class, name)).copied().or_else(|| self.universal(name));
        }
        let c = self.get(class);
        if let Some(t) = c.order.iter().find_map(|&a| self.methods.get(&(a, name))) {
            return Some(*t);
        }
        for &(parent, _) in &c.contents {
            match self.methods.get(&(parent, name)) {
                Some(&Target::Func(func)) => return Some(Target::OnContent { parent, func }),
                Some(&other) => return Some(other),
                None => {}
            }
        }
        self.universal(name)
    }

    /// A method as the class itself or an ancestor has it, without what every value has.
    pub fn declared_method(&self, class: ClassId, name: Name) -> Option<Target> {
        match self.method_slow(class, name) {
            t if t == self.universal(name) => None,
            t => t,
        }
    }

    /// Names of the methods of a class, its ancestors and all values, for suggestions and completion.
    pub fn method_names(&self, class: ClassId) -> Vec<Name> {
        let c = self.get(class);
        let mut names: Vec<Name> = self
            .methods
            .keys()
            .filter(|(owner, _)| {
                *owner == class || c.order.contains(owner) || c.contents.iter().any(|(b, _)| b == owner)
            })
            .map(|&(_, name)| name)
            .chain(self.universal.keys().copied())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The constructor of exactly this class for a number of arguments.
    pub fn constructor(&self, class: ClassId, arguments: u32) -> Option<FuncId> {
        self.get(class).constructors.iter().find(|(n, _)| *n == arguments).map(|&(_, f)| f)
    }

    /// Whether every value of `class` is one of `of`: the same class or an ancestor, user or builtin.
    #[inline]
    pub fn is_subclass(&self, class: ClassId, of: ClassId) -> bool {
        class == of || class >= class_id::FIRST_USER && self.is_descendant(class, of)
    }

    fn is_descendant(&self, class: ClassId, of: ClassId) -> bool {
        let c = self.get(class);
        if of >= class_id::FIRST_USER {
            c.order.contains(&of)
        } else {
            c.contents.iter().any(|&(b, _)| b == of)
        }
    }

    /// Whether a class has the interface, itself or through an ancestor.
    pub fn has_interface(&self, class: ClassId, interface: ClassId) -> bool {
        self.get(class).order.iter().any(|&c| self.get(c).interfaces.contains(&interface))
    }

    /// Whether code of the class `from` (`None`: outside of any box) may touch a field. Code of the box, of its
    /// ancestors and of its descendants may touch everything.
    #[inline]
    pub fn field_visible(&self, class: ClassId, field: Name, from: Option<ClassId>) -> bool {
        !self.get(class).restricted || self.restricted_visible(class, field, from)
    }

    #[inline(never)]
    fn restricted_visible(&self, class: ClassId, field: Name, from: Option<ClassId>) -> bool {
        self.get(class).public.contains(&field)
            || from.is_some_and(|f| self.is_subclass(class, f) || self.is_subclass(f, class))
    }

    /// The slot of the content for a builtin ancestor.
    pub fn content_slot(&self, class: ClassId, builtin: ClassId) -> Option<u32> {
        self.get(class).contents.iter().find(|(b, _)| *b == builtin).map(|&(_, slot)| slot)
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Adds those of different items that are not there yet. Long lists are not compared item by item.
fn extend_new<T: Copy + Eq + Hash>(list: &mut Vec<T>, items: &[T]) {
    let known: HashSet<T> = list.iter().copied().collect();
    list.extend(items.iter().filter(|item| !known.contains(*item)));
}

/// The hidden field that holds the content of a builtin parent; no program can write its name.
fn content_name(names: &mut Names, builtin: ClassId) -> Name {
    let text = BUILTIN_CLASSES.iter().find(|(id, _)| *id == builtin).map_or("?", |(_, text)| text);
    names.intern(&alloc::format!("@{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::SlotType;

    struct World {
        names: Names,
        table: ClassTable,
        layouts: LayoutTable,
    }

    impl World {
        fn new() -> World {
            let mut names = Names::default();
            let table = ClassTable::new(&mut names);
            World { names, table, layouts: LayoutTable::new() }
        }
        fn class(&mut self, name: &str, def: &ClassDef<'_>) -> ClassId {
            let name = self.names.intern(name);
            let id = self.table.declare(name);
            self.table.define(id, def, &mut self.layouts, &mut self.names);
            id
        }
        fn method(&mut self, name: &str, func: u32) -> MethodDef {
            MethodDef { name: self.names.intern(name), func: FuncId(func), is_static: false }
        }
        fn field(&mut self, name: &str) -> FieldDef {
            FieldDef { spec: FieldSpec::any(self.names.intern(name)), public: false }
        }
    }

    #[test]
    fn lookup_is_depth_first_and_the_first_parent_wins() {
        let mut w = World::new();
        let (m, fini) = (w.method("m", 1), w.method("fini", 2));
        let base = w.class("Base", &ClassDef { methods: &[m, fini], ..Default::default() });
        let left = w.class("Left", &ClassDef { parents: &[base], ..Default::default() });
        let (m, n) = (w.method("m", 3), w.method("n", 4));
        let right = w.class("Right", &ClassDef { methods: &[m, n], ..Default::default() });
        let both = w.class("Both", &ClassDef { parents: &[left, right], ..Default::default() });
        assert_eq!(w.table.get(both).order(), [both, left, base, right]);
        assert_eq!(w.table.method(both, m.name), Some(Target::Func(FuncId(1))));
        assert_eq!(w.table.method(both, n.name), Some(Target::Func(FuncId(4))));
        assert_eq!(w.table.get(both).fini(), Some(FuncId(2)));
        assert_eq!(w.table.get(right).fini(), None);
        assert!(w.table.is_subclass(both, base) && !w.table.is_subclass(right, base));
        // The cache does not survive a new method.
        let m2 = MethodDef { func: FuncId(9), ..m };
        w.table.add_method(left, m2);
        assert_eq!(w.table.method(both, m.name), Some(Target::Func(FuncId(9))));
        assert_eq!(w.table.method_fast(both, m.name), Some(Target::Func(FuncId(9))));
    }

    #[test]
    fn rows_agree_with_the_lookup() {
        let mut w = World::new();
        let names: Vec<MethodDef> =
            (0..4u32).map(|n| w.method(["a", "b", "c", "d"][n as usize], n)).collect();
        w.table.add_builtin(None, names[0].name, BuiltinId(1));
        w.table.add_builtin(Some(class_id::STRING), names[1].name, BuiltinId(2));
        // Ten rounds: each adds a class that has some of the methods and two of the earlier classes as parents.
        let mut classes = alloc::vec![class_id::STRING];
        for n in 0..10usize {
            let own: Vec<MethodDef> = names.iter().filter(|m| n >> m.func.0 & 1 == 1).copied().collect();
            let parents = [classes[n / 2], classes[n / 3]];
            let parents = &parents[..1 + usize::from(n / 2 != n / 3)];
            classes.push(
                w.class(["K", "L", "M"][n % 3], &ClassDef { parents, methods: &own, ..Default::default() }),
            );
            for class in (0..w.table.len() as u32).map(ClassId) {
                for name in (0..names[3].name.0 + 3).map(Name) {
                    let wanted = w.table.method(class, name);
                    assert_eq!(w.table.method_fast(class, name), wanted, "{class:?} {name:?}");
                    assert_eq!(w.table.method_fast(class, name), wanted);
                }
            }
        }
    }

    #[test]
    fn fields_of_parents_come_first_and_once() {
        let mut w = World::new();
        let (a, b, c, d) = (w.field("a"), w.field("b"), w.field("c"), w.field("d"));
        let top = w.class("Top", &ClassDef { fields: &[a], ..Default::default() });
        let left = w.class("L", &ClassDef { parents: &[top], fields: &[b], ..Default::default() });
        let parents = [top, class_id::STRING];
        let right = w.class("R", &ClassDef { parents: &parents, fields: &[c], ..Default::default() });
        let both = w.class("B", &ClassDef { parents: &[left, right], fields: &[d, a], ..Default::default() });
        let names: Vec<&str> = w.layouts.get(both).fields().iter().map(|f| w.names.text(f.name)).collect();
        assert_eq!(names, ["a", "b", "@StringBox", "c", "d"]);
        assert_eq!(w.table.content_slot(both, class_id::STRING), Some(2));
        assert_eq!(w.table.content_slot(left, class_id::STRING), None);
        assert!(w.table.is_subclass(both, class_id::STRING));
        assert_eq!(w.layouts.get(both).fields()[0].slot, SlotType::Any);
    }

    #[test]
    fn builtin_parents_and_universal_methods_come_last() {
        let mut w = World::new();
        let (len, text) = (w.names.intern("length"), w.names.intern("toString"));
        w.table.add_builtin(Some(class_id::STRING), len, BuiltinId(5));
        w.table.add_builtin(None, text, BuiltinId(6));
        let sort = w.method("sort", 8);
        w.table.add_method(class_id::ARRAY, sort);
        let parents = [class_id::STRING, class_id::ARRAY];
        let c = w.class("C", &ClassDef { parents: &parents, ..Default::default() });
        assert_eq!(w.table.method(c, len), Some(Target::Builtin(BuiltinId(5))));
        assert_eq!(w.table.method(c, text), Some(Target::Builtin(BuiltinId(6))));
        let target = Target::OnContent { parent: class_id::ARRAY, func: FuncId(8) };
        assert_eq!(w.table.method(c, sort.name), Some(target));
        assert_eq!(w.table.method(class_id::ARRAY, sort.name), Some(Target::Func(FuncId(8))));
        assert_eq!(w.table.method(class_id::MAP, len), None);
        assert_eq!(w.table.declared_method(c, text), None);
        assert_eq!(w.table.declared_method(c, len), Some(Target::Builtin(BuiltinId(5))));
    }

    #[test]
    fn visibility_is_inherited() {
        let mut w = World::new();
        let (x, mut y) = (w.field("x"), w.field("y"));
        y.public = true;
        let def = ClassDef { fields: &[x, y], has_visibility: true, ..Default::default() };
        let base = w.class("Base", &def);
        let child = w.class("Child", &ClassDef { parents: &[base], ..Default::default() });
        let other = w.class("Other", &ClassDef::default());
        let (x, y) = (x.spec.name, y.spec.name);
        assert!(w.table.field_visible(child, y, None));
        assert!(!w.table.field_visible(child, x, None));
        assert!(!w.table.field_visible(child, x, Some(other)));
        assert!(w.table.field_visible(child, x, Some(base)));
        assert!(w.table.field_visible(base, x, Some(child)));
        assert!(w.table.field_visible(other, x, None));
    }
}
