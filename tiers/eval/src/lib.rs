//! The executable definition of typed MIR: every instruction as the table describes it, slow and direct, with every
//! promise checked that a compiled tier relies on. Back ends are compared with it; programs never run in it.
//!
//! It has an explicit stack of activations and a heap of `nyrt`, and no machine: it does not run the bodies of
//! `fini`, tasks, calls back into Nyash code, or generic calls. Where one is needed it answers [`End::NotHere`].

#![forbid(unsafe_code)]

mod generic;
mod heap;
mod pure;
mod word;

pub use pure::{Refused, pure};
pub use word::Word;

use link::Linked;
use mir::func::{Func, Rep, is_bit};
use mir::inst::{EXCEPTION, EdgeId, FuncId, Inst, Op, Own, Val};
use mir::text::print_inst;
use mir::types::{Signature, Signatures};
use mir::verify::verify_typed_as;
use nyrt::error::ErrorKind;
use nyrt::heap::DropStep;
use nyrt::rt::Rt;
use nyrt::trap::Trap;
use nyrt::value::{Ref, Value};

/// The typed functions of a program.
pub trait Typed: Signatures {
    /// A typed function by number.
    fn func(&self, func: FuncId) -> Option<&Func>;
}

/// How a call ended.
#[derive(Clone, PartialEq, Debug)]
pub enum End {
    /// With a result, owned by the caller.
    Value(Word),
    /// With an exception, owned by the caller.
    Threw(Value),
    /// A limit was hit.
    Stopped,
    /// Something is needed that only a machine has.
    NotHere(String),
    /// The function breaks a rule: the lowering, or whoever wrote it, is wrong.
    Fault(String),
}

/// Why an instruction gives nothing.
enum Stop {
    /// An exception, owned.
    Throw(Value),
    Limit,
    NotHere(String),
    Fault(String),
}

type Step<T> = Result<T, Stop>;

/// What an instruction did.
enum Did {
    Gives(Word),
    Nothing,
    Follows(EdgeId),
    /// The arguments that bring their counts are `given`, as bits.
    Calls {
        func: FuncId,
        args: Vec<Word>,
        given: u32,
        closure: Ref,
    },
    Returns(Word),
}

struct Frame<'a> {
    func: &'a Func,
    /// What values are; nothing before their definition.
    values: Vec<Option<Word>>,
    /// The function value that is being called; nothing for other calls.
    closure: Ref,
    /// Captured values as the signature has them.
    signature: &'a Signature,
    /// Position of the instruction.
    at: usize,
}

/// The references among arguments that bring their counts, by bits.
fn given(args: &[Word], bits: u32) -> impl Iterator<Item = Ref> {
    let args = args.iter().enumerate().filter(move |(i, _)| is_bit(bits, *i));
    args.filter_map(|(_, word)| word.reference())
}

/// Runs typed functions of a program that is linked into a runtime.
pub struct Eval<'a> {
    rt: &'a mut Rt,
    linked: &'a mut Linked,
    code: &'a dyn Typed,
    frames: Vec<Frame<'a>>,
    /// Functions that the verifier has accepted.
    accepted: Vec<FuncId>,
    /// Calls and edges that are left.
    steps: u64,
    /// Drop work below this is not ours.
    drop_base: usize,
}

impl<'a> Eval<'a> {
    /// An evaluator. `steps` bounds calls and edges together, so that everything ends.
    pub fn new(rt: &'a mut Rt, linked: &'a mut Linked, code: &'a dyn Typed, steps: u64) -> Eval<'a> {
        let drop_base = rt.heap.drop_depth();
        Eval { rt, linked, code, frames: Vec::new(), accepted: Vec::new(), steps, drop_base }
    }

    /// Calls a function with arguments that stay with the caller. `closure` is the function value for functions with
    /// captured values, zero for others.
    pub fn call(&mut self, func: FuncId, args: &[Word], closure: Ref) -> End {
        self.frames.clear();
        // Whoever calls from outside keeps what it passes.
        let takes = self.code.func(func).map_or(0, Func::takes);
        given(args, takes).for_each(|r| self.rt.heap.retain(self.rt.heap.value_of(r)));
        let mut next = self.enter(func, args, takes, closure).map(|()| None);
        loop {
            match next {
                Ok(Some(result)) => return End::Value(result),
                Ok(None) => {}
                Err(Stop::Throw(value)) => match self.unwind(value) {
                    Ok(None) => {}
                    Ok(Some(value)) => return End::Threw(value),
                    Err(stop) => {
                        next = Err(stop);
                        continue;
                    }
                },
                Err(Stop::Limit) => return End::Stopped,
                Err(Stop::NotHere(what)) => return End::NotHere(what),
                Err(Stop::Fault(what)) => return End::Fault(self.place(&what)),
            }
            next = self.step();
        }
    }

    fn place(&self, what: &str) -> String {
        let Some(frame) = self.frames.last() else { return what.into() };
        let names = &self.linked.program.names;
        let name = if (frame.func.name.0 as usize) < names.len() { names.text(frame.func.name) } else { "?" };
        let inst = frame.func.insts.get(frame.at);
        let inst = inst.map(|inst| print_inst(&self.linked.program, frame.func, inst)).unwrap_or_default();
        format!("{name}: `{inst}`: {what}")
    }

    /// A new activation; what is given is gone also when there is none.
    fn enter(&mut self, id: FuncId, args: &[Word], bits: u32, closure: Ref) -> Step<()> {
        let entered = self.open(id, args, bits, closure);
        if entered.is_err() {
            given(args, bits).for_each(|r| self.rt.heap.release(self.rt.heap.value_of(r)));
        }
        entered
    }

    fn open(&mut self, id: FuncId, args: &[Word], bits: u32, closure: Ref) -> Step<()> {
        self.tick()?;
        self.check_depth()?;
        let code: &'a dyn Typed = self.code;
        let (Some(func), Some(signature)) = (code.func(id), code.signature(id)) else {
            return Err(Stop::NotHere(format!("{id:?} is no typed function")));
        };
        if !self.accepted.contains(&id) {
            if let Err(faults) = verify_typed_as(&self.linked.program, id, func, code) {
                let first = faults.first().map(ToString::to_string).unwrap_or_default();
                return Err(Stop::Fault(first));
            }
            self.accepted.push(id);
        }
        let wanted: Vec<Rep> = signature.params.iter().map(|slot| slot.rep).collect();
        if args.iter().map(|arg| arg.rep()).ne(wanted.iter().copied()) {
            return Err(Stop::Fault(format!("{id:?} is called with {args:?} and takes {wanted:?}")));
        }
        if func.takes() != bits {
            return Err(Stop::Fault(format!("{id:?} takes {:#b} and is given {bits:#b}", func.takes())));
        }
        let mut values = vec![None; func.values as usize];
        for (value, arg) in values.iter_mut().zip(args) {
            *value = Some(*arg);
        }
        let at = func.blocks.first().map_or(0, |b| b.start as usize);
        self.frames.push(Frame { func, values, closure, signature, at });
        Ok(())
    }

    fn tick(&mut self) -> Step<()> {
        self.steps = self.steps.checked_sub(1).ok_or(Stop::Limit)?;
        Ok(())
    }

    /// Throws where a call from here would be one too many.
    fn check_depth(&mut self) -> Step<()> {
        if self.frames.len() < self.rt.limits.max_depth as usize {
            return Ok(());
        }
        let text = format!("More than {} calls are nested", self.frames.len());
        Err(self.raise(ErrorKind::StackOverflow, &text))
    }

    /// Performs one instruction; gives the result when the outermost call has ended.
    fn step(&mut self) -> Step<Option<Word>> {
        let Some(frame) = self.frames.last() else { return Err(Stop::Fault("nothing is running".into())) };
        let func = frame.func;
        let Some(inst) = func.insts.get(frame.at).copied() else {
            return Err(Stop::Fault("behind the last instruction".into()));
        };
        let did = self.perform(func, &inst)?;
        self.settle(&inst.op)?;
        match did {
            Did::Gives(word) => self.give(&inst, word)?,
            Did::Nothing => self.advance(),
            Did::Follows(edge) => {
                self.tick()?;
                self.follow(func, edge, None)?;
            }
            Did::Calls { func, args, given, closure } => self.enter(func, &args, given, closure)?,
            Did::Returns(word) => {
                let lent = matches!(inst.op, Op::ReturnLent { .. });
                self.frames.pop();
                let Some(caller) = self.frames.last() else {
                    // Whoever called from outside gets a result of its own.
                    if let Some(r) = word.reference().filter(|_| lent) {
                        self.rt.heap.retain(self.rt.heap.value_of(r));
                    }
                    return Ok(Some(word));
                };
                let Some(inst) = caller.func.insts.get(caller.at).copied() else {
                    return Err(Stop::Fault("behind the last instruction".into()));
                };
                if matches!(inst.op, Op::CallLent { .. }) != lent {
                    return Err(Stop::Fault(
                        "the call and the called function do not agree on lending".into(),
                    ));
                }
                self.give(&inst, word)?;
            }
        }
        Ok(None)
    }

    fn perform(&mut self, func: &'a Func, inst: &Inst) -> Step<Did> {
        let op = &inst.op;
        match *op {
            Op::Jump { to } => return Ok(Did::Follows(to)),
            Op::Branch { cond, then, els } => {
                return match self.get(cond)? {
                    Word::Bool(true) => Ok(Did::Follows(then)),
                    Word::Bool(false) => Ok(Did::Follows(els)),
                    other => Err(Stop::Fault(format!("branch by {other:?}"))),
                };
            }
            Op::Switch { on, to } => {
                let n = self.int(on)?;
                let ways = func.list(to.0);
                let way = usize::try_from(n).ok().and_then(|n| ways.get(n)).or(ways.last());
                let Some(way) = way else { return Err(Stop::Fault("a switch without ways".into())) };
                return Ok(Did::Follows(EdgeId(*way)));
            }
            Op::Return { value: Own(value) } | Op::ReturnLent { value } => {
                return Ok(Did::Returns(self.get(value)?));
            }
            Op::Throw { value } | Op::Rethrow { value } => return Err(Stop::Throw(self.any(value.0)?)),
            Op::Unreachable {} => return Err(Stop::Fault("was reached".into())),
            Op::Inlined { .. } => {
                self.tick()?;
                self.check_depth()?;
                return Ok(Did::Nothing);
            }
            _ => {}
        }
        // Values without a definition are found before the row looks at them.
        let mut missing = None;
        func.uses(op, |v, _| missing = missing.take().or(self.get(v).err()));
        if let Some(stop) = missing {
            return Err(stop);
        }
        let outcome = pure(op, &|v| self.get(v).unwrap_or(Word::Unit));
        match outcome {
            Some(Ok(word)) => Ok(Did::Gives(word)),
            Some(Err(Refused::NoResult)) => self.no_result(op),
            Some(Err(Refused::Operand(v, word))) => Err(Stop::Fault(format!("{v:?} is {word:?}"))),
            None if op.row().effects.is_typed() => self.typed_row(func, inst),
            None => self.generic_row(func, inst),
        }
    }

    /// Completes the deaths that an instruction caused.
    fn settle(&mut self, op: &Op) -> Step<()> {
        // Bodies that do not run here count as having run, so that the heap can be used afterwards.
        let mut body = false;
        loop {
            match self.rt.heap.drop_step(self.drop_base) {
                DropStep::RunFini { .. } => {
                    body = true;
                    self.rt.heap.fini_returned(self.drop_base, Ok(()));
                }
                DropStep::Failed(error) => return Err(Stop::Throw(error)),
                DropStep::Done if !body => return Ok(()),
                DropStep::Done if matches!(op, Op::ReleaseQuiet { .. }) => {
                    return Err(Stop::Fault("somebody observes this death".into()));
                }
                DropStep::Done => return Err(Stop::NotHere("the body of a fini".into())),
            }
        }
    }

    /// Writes a result and goes on behind the instruction.
    fn give(&mut self, inst: &Inst, word: Word) -> Step<()> {
        self.set(inst.dst, word)?;
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.at += 1;
        }
    }

    fn follow(&mut self, func: &Func, edge: EdgeId, thrown: Option<Value>) -> Step<()> {
        let Some(edge) = func.edges.get(edge.index()) else {
            return Err(Stop::Fault(format!("there is no {edge:?}")));
        };
        // All arguments are read before a parameter is written.
        let mut args = Vec::new();
        for arg in func.vals(edge.args) {
            args.push(match thrown {
                Some(value) if arg == EXCEPTION => Word::Any(value),
                _ => self.get(arg)?,
            });
        }
        for (param, arg) in func.block_params(edge.to).zip(args) {
            self.set(param, arg)?;
        }
        if let (Some(frame), Some(block)) = (self.frames.last_mut(), func.blocks.get(edge.to.index())) {
            frame.at = block.start as usize;
        }
        Ok(())
    }

    /// Goes to the handler of an exception; gives the exception back when there is none.
    fn unwind(&mut self, value: Value) -> Step<Option<Value>> {
        while let Some(frame) = self.frames.last() {
            let func = frame.func;
            match func.insts.get(frame.at) {
                Some(inst) if !inst.unwind.is_none() => {
                    self.tick()?;
                    self.follow(func, inst.unwind, Some(value))?;
                    return Ok(None);
                }
                Some(inst) if !inst.op.row().effects.throws() => {
                    return Err(Stop::Fault("throws and says that it does not".into()));
                }
                _ => self.frames.pop(),
            };
        }
        Ok(Some(value))
    }

    fn raise(&mut self, kind: ErrorKind, text: &str) -> Stop {
        let trap = self.rt.raise(kind, text);
        self.trap(trap)
    }

    fn trap(&mut self, trap: Trap) -> Stop {
        match trap {
            Trap::Throw => Stop::Throw(self.rt.take_thrown()),
            Trap::Call => {
                for arg in std::mem::take(&mut self.rt.callout.args) {
                    self.rt.heap.release(arg);
                }
                Stop::NotHere("an operation that calls Nyash code".into())
            }
            Trap::Suspend => Stop::NotHere("an operation that waits".into()),
            Trap::Stop => Stop::Limit,
        }
    }

    fn out_of_memory(&mut self) -> Stop {
        self.raise(ErrorKind::OutOfMemory, "Out of memory")
    }

    fn get(&self, v: Val) -> Step<Word> {
        let word = self.frames.last().and_then(|f| f.values.get(v.index())).copied().flatten();
        word.ok_or_else(|| Stop::Fault(format!("{v:?} has no value")))
    }

    fn set(&mut self, v: Val, word: Word) -> Step<()> {
        let Some(frame) = self.frames.last_mut() else {
            return Err(Stop::Fault("nothing is running".into()));
        };
        let rep = frame.func.rep(v);
        if rep != word.rep() {
            return Err(Stop::Fault(format!("{v:?} is {} and gets {word:?}", rep.word())));
        }
        if let Some(value) = frame.values.get_mut(v.index()) {
            *value = Some(word);
        }
        Ok(())
    }

    fn int(&self, v: Val) -> Step<i64> {
        match self.get(v)? {
            Word::I64(n) => Ok(n),
            other => Err(Stop::Fault(format!("{v:?} is {other:?} and must be i64"))),
        }
    }

    fn any(&self, v: Val) -> Step<Value> {
        match self.get(v)? {
            Word::Any(value) => Ok(value),
            other => Err(Stop::Fault(format!("{v:?} is {other:?} and must be any"))),
        }
    }

    fn reference(&self, v: Val) -> Step<Ref> {
        match self.get(v)? {
            Word::Ref(r) => Ok(r),
            other => Err(Stop::Fault(format!("{v:?} is {other:?} and must be ref"))),
        }
    }
}
