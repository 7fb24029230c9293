//! What the machine expects of a tier, and of whoever decides that a function moves to another one.

use hashbrown::HashSet;
use mir::inst::FuncId;
use nyrt::trap::Trap;
use profiler::Declined;

use crate::code::{Body, CodePtr, TierId};
use crate::{Flow, Machine};

/// A function that breaks the rules of MIR: a fault of whoever built it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The function.
    pub func: FuncId,
    /// Position of the instruction.
    pub at: usize,
}

/// Why a tier made no code.
#[derive(Debug)]
pub enum NotReady {
    /// It does not do this function.
    Declined(Declined),
    /// The function breaks the rules of MIR.
    Malformed(Malformed),
    /// Making it ready threw or was stopped, for instance for want of memory.
    Trap(Trap),
}

/// A way to run functions. It keeps what it needs behind `&self`: while it runs, the machine may ask it to
/// prepare another function.
pub trait Tier {
    /// Which one it is.
    fn id(&self) -> TierId;

    /// Makes a function ready. The machine owns the result.
    fn prepare(&self, machine: &mut Machine, func: FuncId) -> Result<Box<dyn Body>, NotReady>;

    /// Runs the newest activation, which has a code of this tier, and those that follow. [`Flow::Go`]: the newest
    /// activation belongs to another tier. [`Flow::Stop`]: something said so. Before every return `frame.pc`
    /// of all activations is true. It begins with [`Machine::look`].
    fn run(&self, machine: &mut Machine) -> Flow;
}

/// Decides what becomes of warm functions.
pub trait Promoter {
    /// The patience of a function that tier 0 has just made ready: each call takes [`crate::CALL_STEPS`], each
    /// jump backwards 1.
    fn patience(&self, func: FuncId) -> i32;

    /// The patience of `func` is at its end: it is about to be called, or its newest activation stands at the
    /// beginning of a loop (`at_back_edge`). It may give the function another code ([`Machine::set_entry`]), which the
    /// call uses, and move the activation ([`Machine::replace_newest`]). Unless it says otherwise
    /// ([`crate::Code::set_patience`]) it is not asked again for a long time.
    fn warm(&self, machine: &mut Machine, func: FuncId, at_back_edge: bool);
}

impl Machine {
    /// Adds a tier. The first one prepares functions that nobody has promoted.
    pub fn add_tier(&mut self, tier: std::rc::Rc<dyn Tier>) {
        self.tiers.push(tier);
    }

    /// Sets who is asked about warm functions; without one nothing is promoted.
    pub fn set_promoter(&mut self, promoter: std::rc::Rc<dyn Promoter>) {
        self.promoter = Some(promoter);
    }

    /// The program has grown since the last run: what the tiers behind the first one knew of it may be true no longer.
    /// They are forgotten with everything that they made, functions run in the first tier again, and `promoter` is asked
    /// about them from now on, about those that are ready in it after `patience`. What a run that was stopped has left is
    /// given up.
    pub fn start_epoch(&mut self, promoter: std::rc::Rc<dyn Promoter>, patience: i32) {
        // What lies there is in codes that go now.
        self.task.frames.clear();
        self.parked.clear();
        self.tiers.truncate(1);
        self.entries.fill(None);
        let first = self.tiers.first().map(|tier| tier.id());
        let (kept, gone): (Vec<_>, Vec<_>) = self.codes.drain(..).partition(|code| Some(code.tier) == first);
        for code in gone {
            if code.has_run() {
                self.ran_before.insert((code.tier, code.func));
            }
            // SAFETY: `keep` made it, once; all entries and activations that pointed to it are gone, and nobody else
            // keeps one from one run to the next ([`CodePtr`]).
            unsafe { code.free() };
        }
        for code in &kept {
            code.set_patience(patience);
            if let Some(entry) = self.entries.get_mut(code.func.index()) {
                *entry = Some(*code);
            }
        }
        self.codes = kept;
        self.promoter = Some(promoter);
    }

    /// How many functions have run in a tier: activations of them began in it or came into it in a loop.
    pub fn functions_run(&self, tier: TierId) -> usize {
        let now = self.codes.iter().filter(|code| code.has_run()).map(|code| (code.tier, code.func));
        let all: HashSet<(TierId, FuncId)> = self.ran_before.iter().copied().chain(now).collect();
        all.iter().filter(|(of, _)| *of == tier).count()
    }

    /// Runs activations in their tiers until something says [`Flow::Stop`].
    pub(crate) fn drive(&mut self) {
        while let Some(frame) = self.task.frames.last() {
            let id = frame.tier();
            let Some(tier) = self.tiers.iter().find(|t| t.id() == id).cloned() else {
                self.fault(format!("there is no tier {}", id.0));
                return;
            };
            if tier.run(self) == Flow::Stop {
                return;
            }
        }
    }

    /// The code that runs when a function is called now; nothing if it was not called yet.
    #[inline(always)]
    pub fn entry(&self, func: FuncId) -> Option<CodePtr> {
        self.entries.get(func.index()).copied().flatten()
    }

    /// The same; a function that was not called yet is prepared by the first tier.
    #[inline]
    pub fn code(&mut self, func: FuncId) -> Result<CodePtr, Trap> {
        match self.entry(func) {
            Some(code) => Ok(code),
            None => self.prepare(func),
        }
    }

    #[cold]
    fn prepare(&mut self, func: FuncId) -> Result<CodePtr, Trap> {
        if func.index() >= self.linked.program.funcs.len() {
            return Err(self.faulty(format!("there is no function {func:?}")));
        }
        let Some(tier) = self.tiers.first().cloned() else {
            return Err(self.faulty("there is no tier".into()));
        };
        match tier.prepare(self, func) {
            Ok(body) => {
                let code = self.keep(body);
                let patience = self.promoter.as_ref().map_or(i32::MAX, |p| p.patience(func));
                code.set_patience(patience);
                self.set_entry(func, code);
                Ok(code)
            }
            Err(NotReady::Trap(trap)) => Err(trap),
            Err(NotReady::Malformed(fault)) => Err(self.faulty(format!("{fault:?}"))),
            Err(NotReady::Declined(why)) => Err(self.faulty(format!("nobody runs {func:?}: {}", why.text()))),
        }
    }

    fn faulty(&mut self, what: String) -> Trap {
        self.fault(what);
        Trap::Stop
    }

    /// Takes a prepared function over without changing what runs when it is called. It lives as long as the machine or,
    /// above the first tier, the epoch, because activations may be in it at any time.
    pub fn keep(&mut self, body: Box<dyn Body>) -> CodePtr {
        let code = CodePtr::own(body);
        self.codes.push(code);
        code
    }

    /// From now on calls of the function run this code, which [`Machine::keep`] gave. Activations stay in the code they
    /// are in; those of the interpreter ask the promoter again at their next jump backwards.
    pub fn set_entry(&mut self, func: FuncId, code: CodePtr) {
        debug_assert!(code.func == func);
        let old = self.entries.get_mut(func.index()).and_then(|entry| entry.replace(code));
        if let Some(old) = old {
            old.set_patience(0);
        }
    }

    /// The patience of a function is at its end ([`crate::Code::spend`] gave false): asks the promoter. At a
    /// jump backwards the activation's position must be written and be that of the loop's beginning; afterwards
    /// it may belong to another tier.
    #[cold]
    #[inline(never)]
    pub fn warm(&mut self, func: FuncId, at_back_edge: bool) {
        if let Some(code) = self.entry(func) {
            code.set_patience(i32::MAX);
        }
        if at_back_edge && let Some(frame) = self.task.frames.last() {
            frame.code().set_patience(i32::MAX);
        }
        if let Some(promoter) = self.promoter.clone() {
            promoter.warm(self, func, at_back_edge);
        }
    }

    /// Puts the newest activation into another code of the same function: position and window are replaced, all else
    /// stays. Who owns what must be the same before and after; the parameters must be found by
    /// [`Body::param`].
    pub fn replace_newest(&mut self, code: CodePtr, pc: *const (), window: &[u64]) {
        assert!(window.len() == code.words as usize, "a window of another size");
        let Some(frame) = self.task.frames.last_mut() else { return };
        debug_assert!(frame.code().func == code.func);
        self.task.stack.pop(frame.window);
        let base = self.task.stack.push(window.len());
        // SAFETY: the new window has as many words as `window`, which nothing on the stack is part of.
        unsafe { base.copy_from_nonoverlapping(window.as_ptr(), window.len()) };
        frame.replace(code, pc, base);
    }
}
