//! Random object graphs with finalizers, weak references, resurrection and cycles against a simple model: every
//! `fini` runs once and in the right order, weak references read the right thing, every count is right after every
//! step, nothing is left at the end.

mod model;

use model::{Act, Model, Shape};
use nyrt::heap::{AllocRegion, DropStep, FieldSpec, Heap, HeapConfig, LayoutSpec, SlotType};
use nyrt::value::{ClassId, FuncId, Kind, Name, Value};
use proptest::prelude::*;

const PLAIN: ClassId = ClassId(64);
const FINI: ClassId = ClassId(65);
const ID: u32 = 0;
const F0: u32 = 1;
const F1: u32 = 2;
const WEAK: u32 = 3;
const REGS: usize = 5;

#[derive(Clone, Copy, Debug)]
enum Op {
    New {
        to: usize,
        fini: Option<Act>,
    },
    Arr {
        to: usize,
    },
    Map {
        to: usize,
    },
    Copy {
        from: usize,
        to: usize,
    },
    Clear {
        reg: usize,
    },
    /// Field of an object, element of an array, value of a map.
    Store {
        into: usize,
        at: u8,
        from: usize,
    },
    Take {
        from: usize,
        at: u8,
    },
    Load {
        from: usize,
        at: u8,
        to: usize,
    },
    Weak {
        into: usize,
        from: usize,
    },
    ReadWeak {
        from: usize,
        to: usize,
    },
    Empty {
        reg: usize,
    },
    Fini {
        reg: usize,
    },
    Collect,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Nothing),
        2 => (0..REGS).prop_map(Act::Resurrect),
        1 => (0..REGS).prop_map(Act::Weak),
        1 => (0..REGS).prop_map(Act::Clear),
        1 => Just(Act::New),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let r = 0..REGS;
    prop_oneof![
        4 => (r.clone(), act()).prop_map(|(to, a)| Op::New { to, fini: Some(a) }),
        2 => r.clone().prop_map(|to| Op::New { to, fini: None }),
        1 => r.clone().prop_map(|to| Op::Arr { to }),
        1 => r.clone().prop_map(|to| Op::Map { to }),
        2 => (r.clone(), r.clone()).prop_map(|(from, to)| Op::Copy { from, to }),
        4 => r.clone().prop_map(|reg| Op::Clear { reg }),
        9 => (r.clone(), 0..4u8, r.clone()).prop_map(|(into, at, from)| Op::Store { into, at, from }),
        1 => (r.clone(), 0..4u8).prop_map(|(from, at)| Op::Take { from, at }),
        2 => (r.clone(), 0..4u8, r.clone()).prop_map(|(from, at, to)| Op::Load { from, at, to }),
        2 => (r.clone(), r.clone()).prop_map(|(into, from)| Op::Weak { into, from }),
        2 => (r.clone(), r.clone()).prop_map(|(from, to)| Op::ReadWeak { from, to }),
        1 => r.clone().prop_map(|reg| Op::Empty { reg }),
        1 => r.prop_map(|reg| Op::Fini { reg }),
        1 => Just(Op::Collect),
    ]
}

/// The heap driven as a tier does it.
struct Real {
    heap: Heap,
    regs: [Value; REGS],
    acts: Vec<Option<Act>>,
    log: Vec<usize>,
}

impl Real {
    fn new(cycle_always: bool) -> Real {
        let region = AllocRegion::new(4 << 20).expect("memory");
        let config = HeapConfig { audit: true, cycle_always, ..HeapConfig::default() };
        let mut heap = Heap::new(Box::new(region), config).expect("a heap");
        let field = |name, slot, weak| FieldSpec { name: Name(name), slot, weak };
        let own = [
            field(0, SlotType::I64, false),
            field(1, SlotType::Any, false),
            field(2, SlotType::RefOrVoid, false),
            field(3, SlotType::Any, true),
        ];
        heap.layouts.define(PLAIN, &LayoutSpec { own: &own, ..Default::default() });
        heap.layouts
            .define(FINI, &LayoutSpec { parent: Some(PLAIN), fini: Some(FuncId(1)), ..Default::default() });
        Real { heap, regs: [Value::VOID; REGS], acts: Vec::new(), log: Vec::new() }
    }
    fn object(&mut self, fini: Option<Act>) -> Value {
        let class = if fini.is_some() { FINI } else { PLAIN };
        let v = self.heap.obj_new(class).expect("room");
        let id = self.acts.len() as i64;
        self.acts.push(fini);
        self.heap.field_set(v.as_ref(), ID, Value::int(id)).expect("room");
        v
    }
    fn release(&mut self, v: Value) {
        let base = self.heap.drop_depth();
        self.heap.release(v);
        self.run(base);
    }
    fn run(&mut self, base: usize) {
        loop {
            match self.heap.drop_step(base) {
                DropStep::Done => return,
                DropStep::Failed(_) => panic!("no body fails here"),
                DropStep::RunFini { func, object } => {
                    assert_eq!(func, FuncId(1));
                    assert!(self.heap.is_in_fini(object));
                    let depth = self.heap.drop_depth();
                    self.body(object);
                    assert_eq!(self.heap.drop_depth(), depth);
                    self.heap.fini_returned(base, Ok(()));
                }
            }
        }
    }
    fn id(&self, v: Value) -> usize {
        self.heap.field_peek(v.as_ref(), ID).as_int().expect("an id") as usize
    }
    fn body(&mut self, me: Value) {
        let id = self.id(me);
        self.log.push(id);
        match self.acts[id].expect("has a fini") {
            Act::Nothing => {}
            Act::Resurrect(reg) => {
                self.heap.retain(me);
                self.set_reg(reg, me);
            }
            Act::Weak(reg) => {
                let v = self.heap.field_get(me.as_ref(), WEAK);
                self.set_reg(reg, v);
            }
            Act::Clear(reg) => self.set_reg(reg, Value::VOID),
            Act::New => {
                let new = self.object(Some(Act::Nothing));
                self.heap.retain(me);
                let old = self.heap.field_set(new.as_ref(), F0, me).expect("room");
                self.release(old);
                let old = self.heap.field_set(me.as_ref(), F1, new).expect("room");
                self.release(old);
            }
        }
    }
    fn set_reg(&mut self, reg: usize, v: Value) {
        let old = std::mem::replace(&mut self.regs[reg], v);
        self.release(old);
    }
    fn audit(&self) {
        let mut roots = self.regs.iter().copied();
        if let Err(report) = self.heap.audit(&mut roots, &[]) {
            panic!("{report}");
        }
    }
}

/// Both at once. Arrays and maps have no field for an id; they take a number so that the ids agree.
struct Pair {
    m: Model,
    r: Real,
}

impl Pair {
    fn usable(&self, reg: usize) -> Option<usize> {
        self.m.regs[reg].filter(|&n| !self.m.nodes[n].dead)
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::New { to, fini } => {
                let n = self.m.new_node(Shape::Obj, fini);
                let v = self.r.object(fini);
                assert_eq!(self.r.id(v), n);
                self.m.set_reg(to, Some(n));
                self.r.set_reg(to, v);
            }
            Op::Arr { to } | Op::Map { to } => {
                let (shape, v) = match op {
                    Op::Arr { .. } => (Shape::Arr, self.r.heap.arr_new().expect("room")),
                    _ => (Shape::Map, self.r.heap.map_new().expect("room")),
                };
                let n = self.m.new_node(shape, None);
                self.r.acts.push(None);
                self.m.set_reg(to, Some(n));
                self.r.set_reg(to, v);
            }
            Op::Copy { from, to } => {
                let n = self.m.regs[from];
                self.m.retain(n);
                self.m.set_reg(to, n);
                let v = self.r.heap.own(self.r.regs[from]);
                self.r.set_reg(to, v);
            }
            Op::Clear { reg } => {
                self.m.set_reg(reg, None);
                self.r.set_reg(reg, Value::VOID);
            }
            Op::Store { into, at, from } => {
                if let Some(n) = self.usable(into) {
                    self.store(n, self.r.regs[into], at, self.m.regs[from], self.r.regs[from]);
                }
            }
            Op::Take { from, at } => {
                if let Some(n) = self.usable(from) {
                    self.take(n, self.r.regs[from], at);
                }
            }
            Op::Load { from, at, to } => {
                if let Some(n) = self.usable(from) {
                    self.load(n, self.r.regs[from], at, to);
                }
            }
            Op::Weak { into, from } => {
                let target = self.m.regs[from];
                if let Some(n) = self.usable(into).filter(|&n| self.m.nodes[n].shape == Shape::Obj) {
                    self.m.nodes[n].weak = target;
                    let v = self.r.heap.own(self.r.regs[from]);
                    let old = self.r.heap.field_set(self.r.regs[into].as_ref(), WEAK, v).expect("room");
                    self.r.release(old);
                }
            }
            Op::ReadWeak { from, to } => {
                if let Some(n) = self.usable(from).filter(|&n| self.m.nodes[n].shape == Shape::Obj) {
                    let target = self.m.read_weak(n);
                    let v = self.r.heap.field_get(self.r.regs[from].as_ref(), WEAK);
                    assert_eq!(target.is_some(), v.is_ref(), "weak of {n}");
                    self.m.retain(target);
                    self.m.set_reg(to, target);
                    self.r.set_reg(to, v);
                }
            }
            Op::Empty { reg } => {
                if let Some(n) = self.usable(reg).filter(|&n| self.m.nodes[n].shape != Shape::Obj) {
                    let v = self.r.regs[reg].as_ref();
                    let base = self.r.heap.drop_depth();
                    self.m.empty(n);
                    match self.m.nodes[n].shape {
                        Shape::Arr => self.r.heap.arr_clear(v),
                        _ => self.r.heap.map_clear(v),
                    }
                    self.r.run(base);
                }
            }
            Op::Fini { reg } => {
                let base = self.r.heap.drop_depth();
                self.r.heap.begin_fini(self.r.regs[reg]);
                self.r.run(base);
                if let Some(n) = self.m.regs[reg] {
                    self.m.explicit(n);
                }
            }
            Op::Collect => {
                self.m.collect();
                let base = self.r.heap.drop_depth();
                self.r.heap.collect();
                self.r.run(base);
            }
        }
        self.check();
    }

    fn store(&mut self, n: usize, into: Value, at: u8, child: Option<usize>, v: Value) {
        self.m.retain(child);
        let key = Value::int(at as i64);
        match self.m.nodes[n].shape {
            Shape::Obj => {
                let slot = at as usize % 2;
                let old = std::mem::replace(&mut self.m.nodes[n].content[slot].1, child);
                self.m.release(old);
                // One of the two fields is typed: nothing is `void` there.
                let v = if v.is_nothing() { Value::VOID } else { self.r.heap.own(v) };
                let old = self.r.heap.field_set(into.as_ref(), F0 + slot as u32, v).expect("room");
                self.r.release(old);
            }
            Shape::Arr => {
                self.m.nodes[n].content.push((at, child));
                self.r.heap.arr_push(into.as_ref(), v).expect("room");
            }
            Shape::Map => {
                let old = match self.m.nodes[n].content.iter_mut().find(|c| c.0 == at) {
                    Some(entry) => std::mem::replace(&mut entry.1, child),
                    None => {
                        self.m.nodes[n].content.push((at, child));
                        None
                    }
                };
                self.m.release(old);
                let old = self.r.heap.map_set(into.as_ref(), key, v).expect("room");
                self.r.release(old.unwrap_or(Value::VOID));
            }
        }
    }

    fn take(&mut self, n: usize, from: Value, at: u8) {
        match self.m.nodes[n].shape {
            Shape::Obj => {}
            Shape::Arr => {
                let i = at as usize;
                let v = self.r.heap.arr_remove(from.as_ref(), at as u32);
                assert_eq!(v.is_some(), i < self.m.nodes[n].content.len());
                if let Some(v) = v {
                    let child = self.m.nodes[n].content.remove(i).1;
                    self.m.release(child);
                    self.r.release(v);
                }
            }
            Shape::Map => {
                let i = self.m.nodes[n].content.iter().position(|c| c.0 == at);
                let pair = self.r.heap.map_remove(from.as_ref(), Value::int(at as i64));
                assert_eq!(i.is_some(), pair.is_some());
                if let (Some(i), Some((_, v))) = (i, pair) {
                    let child = self.m.nodes[n].content.remove(i).1;
                    self.m.release(child);
                    self.r.release(v);
                }
            }
        }
    }

    fn load(&mut self, n: usize, from: Value, at: u8, to: usize) {
        let from = from.as_ref();
        let (child, v) = match self.m.nodes[n].shape {
            Shape::Obj => {
                let slot = at as usize % 2;
                (self.m.nodes[n].content[slot].1, Some(self.r.heap.field_get(from, F0 + slot as u32)))
            }
            Shape::Arr => (
                self.m.nodes[n].content.get(at as usize).and_then(|c| c.1),
                self.r.heap.arr_get(from, at as u32),
            ),
            Shape::Map => (
                self.m.nodes[n].content.iter().find(|c| c.0 == at).and_then(|c| c.1),
                self.r.heap.map_get(from, Value::int(at as i64)),
            ),
        };
        let v = v.unwrap_or(Value::VOID);
        assert_eq!(child.is_some(), v.is_ref());
        self.m.retain(child);
        self.m.set_reg(to, child);
        self.r.set_reg(to, v);
    }

    fn check(&self) {
        assert_eq!(self.m.log, self.r.log, "order of finalizers");
        for (n, v) in self.m.regs.iter().zip(&self.r.regs) {
            assert_eq!(n.is_some(), v.is_ref());
            if let Some(n) = *n {
                assert_eq!(self.r.heap.is_dead(*v), self.m.nodes[n].dead);
                assert_eq!(
                    self.r.heap.count_of(v.as_ref()),
                    Some(self.m.nodes[n].count as u32),
                    "count of {n}"
                );
                if v.kind() == Kind::Obj {
                    assert_eq!(self.r.id(*v), n);
                }
            }
        }
        self.r.audit();
    }
}

fn play(ops: &[Op], cycle_always: bool) {
    let mut p = Pair { m: Model::default(), r: Real::new(cycle_always) };
    for &op in ops {
        p.step(op);
        if cycle_always && p.r.heap.collect_due() {
            p.step(Op::Collect);
        }
    }
    // Bodies may put things back into registers; each runs only once, so this ends.
    for _ in 0..2 * p.m.nodes.len() + 4 {
        for reg in 0..REGS {
            p.step(Op::Clear { reg });
        }
        p.step(Op::Collect);
    }
    assert_eq!(p.r.heap.live_objects(), 0, "{:?}", p.r.heap.live_by_class());
    let mut once = p.r.log.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), p.r.log.len(), "a fini ran twice");
    let with_fini = p.m.nodes.iter().filter(|n| n.fini.is_some()).count();
    assert_eq!(once.len(), with_fini, "a fini did not run");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_agree_with_the_model(ops in prop::collection::vec(op(), 1..80)) {
        play(&ops, false);
    }

    #[test]
    fn graphs_agree_when_every_candidate_is_collected(ops in prop::collection::vec(op(), 1..60)) {
        play(&ops, true);
    }
}
