//! Facts hold: all programs of `tests/lang` and the benchmarks run in the interpreter, and every value that an
//! instruction uses is compared with what the analysis said, as is every value that goes into a field or an element.

mod common;
#[path = "common/files.rs"]
mod files;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use infer::{Facts, Kinds, Ty, World};
use interp::Interp;
use link::Linked;
use machine::Config;
use mir::inst::{ClassIx, EXCEPTION, FuncId, Op, OperandRef};
use mir::program::Program;
use nyrt::heap::{AllocRegion, HeapConfig};
use nyrt::host::{Closed, Host, Stream};
use nyrt::rt::Rt;
use nyrt::value::{Kind, Value};

/// A host that keeps what is written and whose clock goes on whenever it is read.
struct Quiet(u64, Rc<RefCell<Vec<u8>>>);

impl Host for Quiet {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> Result<(), Closed> {
        self.1.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }
    fn flush(&mut self) -> Result<(), Closed> {
        Ok(())
    }
    fn read_line(&mut self) -> Option<String> {
        None
    }
    fn wall_clock_us(&mut self) -> i64 {
        0
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.0 += 1000;
        self.0
    }
    fn sleep_ns(&mut self, ns: u64) {
        self.0 += ns;
    }
    fn entropy(&mut self) -> u64 {
        4
    }
    fn utc_offset_seconds(&mut self, _: i64) -> i32 {
        0
    }
}

/// Compares values with facts.
struct Checker {
    facts: Facts,
    program: Program,
    classes: Vec<ClassIx>,
    first_class: u32,
    wrong: Rc<RefCell<Vec<String>>>,
}

impl Checker {
    fn admits(&self, ty: Ty, value: Value) -> bool {
        self.facts.admits(ty, value, |id| {
            let at = id.0.checked_sub(self.first_class)?;
            self.classes.get(at as usize).copied()
        })
    }

    fn demand(&self, ty: Ty, value: Value, func: FuncId, at: usize, what: &str) {
        if !self.admits(ty, value) && self.wrong.borrow().len() < 5 {
            let name = self.program.names.text(self.program.func(func).name);
            let op = self.program.func(func).insts[at].op;
            let text = format!("{name} {func:?}, instruction {at} {op:?}: {what} is {value:?}, not {ty:?}");
            self.wrong.borrow_mut().push(text);
        }
    }

    fn look(&self, id: FuncId, at: usize, get: &dyn Fn(u32) -> Value) {
        let func = self.program.func(id);
        if !self.facts.reached(id) {
            let name = self.program.names.text(func.name);
            let text = format!("{name} {id:?} runs but is not reached");
            if !self.wrong.borrow().contains(&text) {
                self.wrong.borrow_mut().push(text);
            }
            return;
        }
        let inst = &func.insts[at];
        // After `add_reuse` the old value is gone.
        let may_be_gone = matches!(inst.op, Op::Release { .. } | Op::ReleaseUnwinding { .. });
        func.uses(&inst.op, |v, _| {
            let value = get(v.0);
            if !(may_be_gone && value.kind() == Kind::Void) {
                self.demand(self.facts.at(id, at as u32, v), value, id, at, &format!("{v:?}"));
            }
        });
        inst.op.operands(&mut |operand| {
            if let OperandRef::Edge(e) = operand.get() {
                // Which way a branch goes is not known here.
                if matches!(inst.op, Op::Jump { .. }) {
                    for v in func.vals(func.edges[e.index()].args).filter(|v| *v != EXCEPTION) {
                        self.demand(self.facts.at(id, at as u32, v), get(v.0), id, at, &format!("{v:?}"));
                    }
                }
            }
        });
        self.stores(id, at, get);
    }

    /// What goes into fields and elements must fit them too.
    fn stores(&self, id: FuncId, at: usize, get: &dyn Fn(u32) -> Value) {
        let inst = &self.program.func(id).insts[at];
        match inst.op {
            Op::SetField { object, name, value } => {
                let box_ = get(object.0);
                let class = box_.class().0.checked_sub(self.first_class);
                let class = class.and_then(|c| self.classes.get(c as usize)).copied();
                if let Some(ty) = class.and_then(|c| self.facts.field(c, name))
                    && box_.kind() == Kind::Obj
                    && get(value.0.0).kind() != Kind::Weak
                {
                    self.demand(ty, get(value.0.0), id, at, "the field's value");
                }
            }
            Op::SetIndex { object, value, .. } => {
                let ty = self.facts.at(id, at as u32, object);
                match get(object.0).kind() {
                    Kind::Arr => self.demand(self.facts.elem(ty), get(value.0), id, at, "the element"),
                    Kind::Map => self.demand(self.facts.map_value(ty), get(value.0), id, at, "the entry"),
                    _ => {}
                }
            }
            Op::CallMethod { object, name, args }
                if get(object.0).kind() == Kind::Arr && self.program.names.text(name) == "push" =>
            {
                let ty = self.facts.at(id, at as u32, object);
                if let Some(v) = self.program.func(id).list(args.0).first() {
                    self.demand(self.facts.elem(ty), get(*v), id, at, "the element");
                }
            }
            _ => {}
        }
    }
}

/// Runs a program as long as its fuel lasts; gives what does not hold.
fn run(path: &Path, fuel: u64) -> Result<Vec<String>, String> {
    let (program, top) = files::load(path)?;
    let facts = infer::analyse(&program, &World { entries: vec![top] });
    // The same once more: the machine takes its program.
    let (mut wrong, plain) = compare(facts, program, files::load(path)?, fuel)?;
    let specialized = || -> Result<_, String> {
        let (mut program, top) = files::load(path)?;
        let world = World { entries: vec![top] };
        let facts = infer::specialize(&mut program, &world);
        mir::verify::verify_program(&program).map_err(|f| format!("{f:?}"))?;
        Ok((facts, program, top))
    };
    match (specialized(), specialized()) {
        (Ok((facts, program, _)), Ok((_, again, top))) => {
            let (more, written) = compare(facts, program, (again, top), fuel)?;
            wrong.extend(more.into_iter().map(|w| format!("specialized: {w}")));
            // Fuel may end a program earlier or later.
            let both = plain.len().min(written.len());
            if plain[..both] != written[..both] {
                wrong.push("specialized, it writes something else".to_owned());
            }
        }
        (Err(e), _) | (_, Err(e)) => wrong.push(e),
    }
    Ok(wrong)
}

/// Runs a program and compares it with facts about a program of the same shape.
fn compare(
    facts: Facts,
    program: Program,
    (runs, top): (Program, FuncId),
    fuel: u64,
) -> Result<(Vec<String>, Vec<u8>), String> {
    let written = Rc::new(RefCell::new(Vec::new()));
    let region = AllocRegion::new(256 << 20).map_err(|_| "no memory")?;
    let config = HeapConfig { max_bytes: 200 << 20, ..HeapConfig::default() };
    let mut rt =
        Rt::new(Box::new(region), config, Box::new(Quiet(0, written.clone()))).map_err(|_| "no runtime")?;
    rt.limits.fuel = fuel;
    rt.limits.max_depth = 2000;
    let linked = Linked::new(&mut rt, runs);
    let classes: Vec<ClassIx> = (0..program.classes.len() as u32).map(ClassIx).collect();
    let first_class = classes.first().map_or(u32::MAX, |c| linked.class(*c).0);
    for c in &classes {
        assert_eq!(linked.class(*c).0, first_class + c.0, "classes have consecutive ids");
    }
    let wrong = Rc::new(RefCell::new(Vec::new()));
    let checker = Checker { facts, program, classes, first_class, wrong: wrong.clone() };
    let mut machine = Interp::machine(rt, linked, Config::default());
    interp::observe::observe(Some(Box::new(move |func, at, get| checker.look(func, at, get))));
    let _ = machine.run(top);
    let _ = machine.finish();
    interp::observe::observe(None);
    let found = wrong.borrow().clone();
    let written = written.borrow().clone();
    Ok((found, written))
}

fn programs(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            programs(&path, out);
        } else if path.extension().is_some_and(|e| e == "nyash") {
            out.push(path);
        }
    }
}

/// Runs all programs below a folder; gives how many ran.
fn all(folder: &str, fuel: u64) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut paths = Vec::new();
    programs(&root, &mut paths);
    paths.sort();
    let (next, ran) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Wrong programs are tests too, but not of this.
                    let Ok(wrong) = run(path, fuel) else { continue };
                    ran.fetch_add(1, Ordering::Relaxed);
                    if !wrong.is_empty() {
                        let text = format!("{}:\n  {}", path.display(), wrong.join("\n  "));
                        failures.lock().expect("no panic").push(text);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    assert!(failures.is_empty(), "{} programs:\n{}", failures.len(), failures.join("\n"));
    ran.into_inner()
}

#[test]
fn facts_hold_in_the_programs_of_the_language_tests() {
    assert!(all("tests/lang", 300_000) > 800);
}

#[test]
fn facts_hold_in_the_benchmarks() {
    assert!(all("benches/programs", 3_000_000) > 10);
}

#[test]
fn wrong_facts_are_noticed() {
    let k = common::analyse("box A { x } local a = new A()  a.x = 1  print(a.x)");
    let wrong = compare(
        k.facts,
        k.program,
        common::build("box A { x } local a = new A()  a.x = 2.5  print(a.x)"),
        1000,
    );
    let (wrong, _) = wrong.expect("it runs");
    assert!(wrong.iter().any(|w| w.contains("the field's value")), "{wrong:?}");
}

#[test]
fn a_type_admits_what_it_says() {
    let k = common::analyse("print(1)");
    let int = Ty::of(Kinds::INT);
    assert!(k.facts.admits(int, Value::int(3), |_| None));
    assert!(!k.facts.admits(int, Value::NULL, |_| None));
    assert!(k.facts.admits(Ty::ANY, Value::NULL, |_| None));
}
