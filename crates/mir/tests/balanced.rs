//! The verifier against programs that are right by construction, against the same programs damaged, and
//! against an independent walk that counts while it runs.

use mir::func::Func;
use mir::inst::{Block, EXCEPTION, EdgeId, Gives, Inst, Op, OperandRef, Own, Val};
use mir::program::Program;
use mir::text::{parse, print_func};
use mir::verify::{owned_at, verify};
use proptest::prelude::*;

/// Numbers that decide what is made.
struct Entropy {
    words: Vec<u32>,
    at: usize,
}

impl Entropy {
    fn below(&mut self, n: usize) -> usize {
        self.at += 1;
        let word = self.words[self.at % self.words.len()].wrapping_mul(0x9e37_79b1 ^ self.at as u32);
        (word >> 8) as usize % n.max(1)
    }
}

/// Writes a function of nested statements. `owned` is what must still be released, `known` what may be used.
struct Writer {
    entropy: Entropy,
    blocks: Vec<String>,
    now: usize,
    values: usize,
    budget: usize,
}

impl Writer {
    fn value(&mut self) -> usize {
        self.values += 1;
        self.values - 1
    }

    fn block(&mut self, params: &[usize]) -> usize {
        let id = self.blocks.len();
        let params: Vec<_> = params.iter().map(|p| format!("%{p}")).collect();
        let params = if params.is_empty() { String::new() } else { format!("({})", params.join(", ")) };
        self.blocks.push(format!("bb{id}{params}:\n"));
        id
    }

    fn put(&mut self, line: &str) {
        let block = &mut self.blocks[self.now];
        *block += "  ";
        *block += line;
        block.push('\n');
    }

    fn pick(&mut self, from: &[usize]) -> usize {
        from[self.entropy.below(from.len())]
    }

    /// An unwind edge to a block that releases what is owned.
    fn unwind(&mut self, owned: &[usize]) -> String {
        if owned.is_empty() && self.entropy.below(2) == 0 {
            return String::new();
        }
        let exc = self.value();
        let block = self.block(&[exc]);
        for v in owned.iter().rev() {
            self.blocks[block] += &format!("  release_unwinding move %{v}\n");
        }
        self.blocks[block] += &format!("  rethrow move %{exc}\n");
        format!(" unwind bb{block}(exc)")
    }

    fn release(&mut self, owned: &mut Vec<usize>, at: usize) {
        let v = owned.remove(at);
        let unwind = self.unwind(owned);
        self.put(&format!("release move %{v}{unwind}"));
    }

    fn release_down_to(&mut self, owned: &mut Vec<usize>, len: usize) {
        while owned.len() > len {
            let at = len + self.entropy.below(owned.len() - len);
            self.release(owned, at);
        }
    }

    /// Statements that leave `owned` as it was; false when they end in another way.
    fn statements(&mut self, owned: &mut Vec<usize>, known: &mut Vec<usize>, depth: usize) -> bool {
        let (owned_before, known_before) = (owned.len(), known.len());
        for _ in 0..1 + self.entropy.below(5) {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            match self.entropy.below(if depth < 4 { 10 } else { 6 }) {
                0 | 1 => {
                    let all: Vec<usize> = known.iter().chain(owned.iter()).copied().collect();
                    let (a, b, unwind) = (self.pick(&all), self.pick(&all), self.unwind(owned));
                    let v = self.value();
                    self.put(&format!("%{v} = call @0 (%{a}, %{b}){unwind}"));
                    owned.push(v);
                }
                2 => {
                    let (from, v) = (self.pick(known), self.value());
                    self.put(&format!("%{v} = retain %{from}"));
                    owned.push(v);
                }
                3 => {
                    let (v, number) = (self.value(), self.entropy.below(9));
                    self.put(&format!("%{v} = int {number}"));
                    known.push(v);
                }
                4 if owned.len() > owned_before => {
                    let from = owned_before + self.entropy.below(owned.len() - owned_before);
                    let unwind = self.unwind(owned);
                    let moved: Vec<_> = owned.drain(from..).map(|v| format!("move %{v}")).collect();
                    let v = self.value();
                    self.put(&format!("%{v} = new_array ({}){unwind}", moved.join(", ")));
                    owned.push(v);
                }
                5 if owned.len() > owned_before => {
                    let at = owned_before + self.entropy.below(owned.len() - owned_before);
                    self.release(owned, at);
                }
                6 | 7 if self.branch(owned, known, depth) => {}
                6 | 7 => {
                    self.put("unreachable");
                    known.truncate(known_before);
                    return false;
                }
                8 => self.repeat(owned, known, depth),
                9 => {
                    self.leave(owned);
                    known.truncate(known_before);
                    return false;
                }
                _ => {}
            }
        }
        self.release_down_to(owned, owned_before);
        known.truncate(known_before);
        true
    }

    fn condition(&mut self, known: &[usize]) -> usize {
        let (a, v) = (self.pick(known), self.value());
        self.put(&format!("%{v} = eq %{a}, %0"));
        v
    }

    /// Two ways that meet in a block with a parameter, which is owned or a scalar, sometimes both.
    fn branch(&mut self, owned: &mut Vec<usize>, known: &mut Vec<usize>, depth: usize) -> bool {
        let cond = self.condition(known);
        let (a, b) = (self.block(&[]), self.block(&[]));
        self.put(&format!("branch %{cond}, bb{a}, bb{b}"));
        let result = self.value();
        let join = self.block(&[result]);
        let counts = self.entropy.below(3);
        let (mut reached, mut is_owned) = (false, false);
        for way in [a, b] {
            self.now = way;
            let mut inner = owned.clone();
            if !self.statements(&mut inner, known, depth + 1) {
                continue;
            }
            reached = true;
            let v = self.value();
            if counts == 2 || counts == 1 && way == a {
                is_owned = true;
                self.put(&format!("%{v} = retain %0"));
            } else {
                self.put(&format!("%{v} = null"));
            }
            self.put(&format!("jump bb{join}(%{v})"));
        }
        self.now = join;
        if is_owned {
            owned.push(result);
        }
        reached
    }

    /// A loop that carries an owned variable and replaces it in each turn.
    fn repeat(&mut self, owned: &mut Vec<usize>, known: &mut Vec<usize>, depth: usize) {
        let (first, var) = (self.value(), self.value());
        self.put(&format!("%{first} = retain %0"));
        let head = self.block(&[var]);
        let (body, after) = (self.block(&[]), self.block(&[]));
        self.put(&format!("jump bb{head}(%{first})"));
        self.now = head;
        owned.push(var);
        let cond = self.condition(known);
        self.put(&format!("branch %{cond}, bb{body}, bb{after}"));
        self.now = body;
        let mut inner = owned.clone();
        if self.statements(&mut inner, known, depth + 1) {
            let unwind = self.unwind(owned);
            let next = self.value();
            self.put(&format!("%{next} = add_reuse %{var}, %0{unwind}"));
            let mut rest = owned.clone();
            rest.pop();
            rest.push(next);
            let unwind = self.unwind(&rest);
            self.put(&format!("release move %{var}{unwind}"));
            self.put(&format!("jump bb{head}(%{next})"));
        }
        self.now = after;
    }

    /// Ends the function with a result or an exception.
    fn leave(&mut self, owned: &[usize]) {
        let mut all = owned.to_vec();
        match self.entropy.below(3) {
            0 => {
                let v = self.value();
                self.put(&format!("%{v} = retain %1"));
                self.release_down_to_with(&mut all, v);
                self.put(&format!("return move %{v}"));
            }
            1 => {
                let v = self.value();
                self.put(&format!("%{v} = retain %1"));
                let unwind = self.unwind(&all);
                self.put(&format!("throw move %{v}{unwind}"));
            }
            _ => self.put("unreachable"),
        }
    }

    /// Releases everything while `kept` is owned, too.
    fn release_down_to_with(&mut self, owned: &mut Vec<usize>, kept: usize) {
        while let Some(v) = owned.pop() {
            let mut rest = owned.clone();
            rest.push(kept);
            let unwind = self.unwind(&rest);
            self.put(&format!("release move %{v}{unwind}"));
        }
    }
}

fn right_program(words: Vec<u32>) -> Program {
    let entropy = Entropy { words, at: 0 };
    let mut writer = Writer { entropy, blocks: Vec::new(), now: 0, values: 2, budget: 60 };
    writer.block(&[]);
    let (mut owned, mut known) = (Vec::new(), vec![0, 1]);
    if writer.statements(&mut owned, &mut known, 0) {
        let v = writer.value();
        writer.put(&format!("%{v} = void"));
        writer.put(&format!("return move %{v}"));
    }
    let text = format!("func @0 \"f\" user params 2 {{\n{}}}\n", writer.blocks.concat());
    match parse(&text) {
        Ok(program) => program,
        Err(error) => panic!("{error}\n{text}"),
    }
}

fn show(program: &Program, func: &Func) -> String {
    print_func(program, mir::inst::FuncId(0), func, None)
}

/// What a value is on a walk.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    Free,
    Borrowed,
    /// One of the counts that were made on the walk.
    Count(usize),
}

/// Runs a function without meaning: branches and exceptions are taken at random. An error says which rule
/// was broken at run time.
fn walk(func: &Func, entropy: &mut Entropy) -> Result<(), String> {
    let mut regs: Vec<Option<Held>> = vec![None; func.values as usize];
    for reg in &mut regs[..func.params as usize] {
        *reg = Some(Held::Borrowed);
    }
    // Whether each count that was made is still owned, and by which register.
    let mut counts: Vec<Option<Val>> = Vec::new();
    let (mut block, mut at) = (Block(0), func.blocks[0].start as usize);
    for _ in 0..400 {
        let inst = func.insts[at];
        let effects = inst.op.row().effects;
        let mut consumed = Vec::new();
        let mut error = None;
        func.uses(&inst.op, |v, consumes| {
            match regs[v.index()] {
                None => error = Some(format!("{v:?} has no value")),
                Some(Held::Count(n)) if counts[n] != Some(v) => error = Some(format!("{v:?} is dead")),
                Some(Held::Borrowed) if consumes => error = Some(format!("{v:?} is borrowed")),
                _ => {}
            }
            if consumes {
                consumed.push(v);
            }
        });
        if let Some(error) = error {
            return Err(format!("{block:?}: {inst:?}: {error}"));
        }
        let throws = effects.throws() && (effects.ends_block() || entropy.below(4) == 0);
        if !throws || effects.ends_block() || matches!(inst.op, Op::Release { .. }) {
            for v in consumed {
                if let Some(Held::Count(n)) = regs[v.index()]
                    && counts[n].take() != Some(v)
                {
                    return Err(format!("{block:?}: {inst:?}: {v:?} is consumed twice"));
                }
            }
        }
        let mut edge = None;
        if throws {
            edge = Some(inst.unwind).filter(|e| !e.is_none());
        } else if effects.ends_block() {
            let mut ways = Vec::new();
            func.edges_of(&Inst { unwind: EdgeId::NONE, ..inst }, |e| ways.push(e));
            if !ways.is_empty() {
                edge = Some(ways[entropy.below(ways.len())]);
            }
        } else {
            if !inst.dst.is_none() {
                let held = match inst.op.row().gives {
                    Gives::Owned => {
                        counts.push(Some(inst.dst));
                        Held::Count(counts.len() - 1)
                    }
                    Gives::Borrowed => Held::Borrowed,
                    Gives::Scalar | Gives::Nothing => Held::Free,
                };
                regs[inst.dst.index()] = Some(held);
            }
            at += 1;
            continue;
        }
        let Some(edge) = edge else {
            if matches!(inst.op, Op::Unreachable {}) {
                return Ok(());
            }
            return match counts.iter().flatten().next() {
                Some(v) => Err(format!("{block:?}: {inst:?}: {v:?} is lost")),
                None => Ok(()),
            };
        };
        let edge = func.edges[edge.index()];
        let mut held = Vec::new();
        let mut took_exception = false;
        for arg in func.vals(edge.args) {
            if arg == EXCEPTION {
                if took_exception {
                    return Err(format!("{block:?}: {inst:?}: exc is passed twice"));
                }
                took_exception = true;
                counts.push(Some(EXCEPTION));
                held.push(Held::Count(counts.len() - 1));
                continue;
            }
            match regs[arg.index()] {
                None => return Err(format!("{block:?}: {inst:?}: {arg:?} has no value")),
                Some(Held::Count(n)) if counts[n] != Some(arg) => {
                    return Err(format!("{block:?}: {inst:?}: {arg:?} is dead"));
                }
                Some(h) => held.push(h),
            }
        }
        if throws && !took_exception {
            return Err(format!("{block:?}: {inst:?}: the exception is lost"));
        }
        for (param, held) in func.block_params(edge.to).zip(held) {
            if let Held::Count(n) = held {
                counts[n] = Some(param);
            }
            regs[param.index()] = Some(held);
        }
        block = edge.to;
        at = func.blocks[block.index()].start as usize;
    }
    Ok(())
}

/// Changes one thing.
fn damage(func: &mut Func, entropy: &mut Entropy) {
    let at = entropy.below(func.insts.len());
    let any = Val(entropy.below(func.values as usize) as u32);
    match entropy.below(5) {
        0 => remove(func, at),
        1 => {
            let list = entropy.below(func.lists.len().max(2) - 1) + 1;
            // The first number of a list is its length.
            let starts = list_starts(func);
            if list < func.lists.len() && !starts.contains(&list) {
                func.lists[list] = any.0;
            }
        }
        2 => {
            let (edge, blocks) = (entropy.below(func.edges.len().max(1)), func.blocks.len());
            if let Some(edge) = func.edges.get_mut(edge) {
                edge.to = Block(entropy.below(blocks) as u32);
            }
        }
        3 => func.insts[at].unwind = EdgeId::NONE,
        _ => func.insts[at].op.operands_mut(&mut |operand| match operand.get() {
            OperandRef::Val(_) => operand.set(OperandRef::Val(any)),
            OperandRef::Own(_) => operand.set(OperandRef::Own(Own(any))),
            _ => {}
        }),
    }
}

fn list_starts(func: &Func) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 1;
    while at < func.lists.len() {
        starts.push(at);
        at += 1 + func.lists[at] as usize;
    }
    starts
}

fn remove(func: &mut Func, at: usize) {
    func.insts.remove(at);
    func.spans.remove(at);
    for block in &mut func.blocks {
        block.start -= u32::from(block.start as usize > at);
        block.end -= u32::from(block.end as usize > at);
    }
}

fn repeat(func: &mut Func, at: usize) {
    func.insts.insert(at, func.insts[at]);
    func.spans.insert(at, func.spans[at]);
    for block in &mut func.blocks {
        block.start += u32::from(block.start as usize > at);
        block.end += u32::from(block.end as usize > at);
    }
}

/// Whether control gets to each block.
fn reached(func: &Func) -> Vec<bool> {
    let mut reached = vec![false; func.blocks.len()];
    let mut work = vec![Block(0)];
    while let Some(block) = work.pop() {
        if std::mem::replace(&mut reached[block.index()], true) {
            continue;
        }
        for inst in func.block_insts(block) {
            func.edges_of(inst, |e| work.push(func.edges[e.index()].to));
        }
    }
    reached
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn right_functions_are_accepted(words in prop::collection::vec(any::<u32>(), 4..60)) {
        let program = right_program(words.clone());
        let func = &program.funcs[0];
        let found = verify(&program, func);
        prop_assert!(found.is_ok(), "{}\n{}", found.unwrap_err()[0], show(&program, func));
        let mut entropy = Entropy { words, at: 0 };
        for _ in 0..20 {
            if let Err(error) = walk(func, &mut entropy) {
                panic!("{error}\n{}", show(&program, func));
            }
        }
    }

    /// What is accepted never goes wrong on a walk.
    #[test]
    fn accepted_functions_are_balanced(
        words in prop::collection::vec(any::<u32>(), 4..60),
        damages in 1usize..3,
        seed in any::<u32>(),
    ) {
        let mut program = right_program(words.clone());
        let mut entropy = Entropy { words: vec![seed, seed ^ 0x5555_5555, 77, !seed], at: 0 };
        for _ in 0..damages {
            damage(&mut program.funcs[0], &mut entropy);
        }
        let func = &program.funcs[0];
        if verify(&program, func).is_ok() {
            for _ in 0..40 {
                if let Err(error) = walk(func, &mut entropy) {
                    panic!("{error}\n{}", show(&program, func));
                }
            }
        }
    }

    /// Numbers of any size anywhere give faults, no panic, and a text.
    #[test]
    fn nothing_is_trusted(
        words in prop::collection::vec(any::<u32>(), 4..30),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0u8..14, prop_oneof![0u32..50, any::<u32>()]), 1..4),
    ) {
        let mut program = right_program(words);
        let func = &mut program.funcs[0];
        for (index, what, n) in places {
            let inst = index.index(func.insts.len());
            let block = index.index(func.blocks.len());
            let edge = if func.edges.is_empty() { 0 } else { index.index(func.edges.len()) };
            let list = index.index(func.lists.len());
            match what {
                0 => func.values = n,
                1 => func.params = n,
                2 => func.captures = n,
                3 => func.blocks[block].params = n,
                4 => func.blocks[block].start = n,
                5 => func.blocks[block].end = n,
                6 => { func.spans.pop(); }
                7 => func.insts[inst].dst = Val(n),
                8 => func.insts[inst].unwind = EdgeId(n),
                9 if !func.edges.is_empty() => func.edges[edge].to = Block(n),
                10 if !func.edges.is_empty() => func.edges[edge].args = n,
                11 => func.lists[list] = n,
                12 => func.class = mir::inst::ClassIx(n),
                _ => func.insts[inst].op.operands_mut(&mut |operand| match operand.get() {
                    OperandRef::Val(_) => operand.set(OperandRef::Val(Val(n))),
                    OperandRef::Own(_) => operand.set(OperandRef::Own(Own(Val(n)))),
                    OperandRef::Owns(_) => operand.set(OperandRef::Owns(mir::inst::Owns(n))),
                    OperandRef::Vals(_) => operand.set(OperandRef::Vals(mir::inst::Vals(n))),
                    OperandRef::Edge(_) => operand.set(OperandRef::Edge(EdgeId(n))),
                    OperandRef::Func(_) => operand.set(OperandRef::Func(mir::inst::FuncId(n))),
                    _ => {}
                }),
            }
        }
        let func = &program.funcs[0];
        if let Err(faults) = verify(&program, func) {
            prop_assert!(faults.iter().all(|f| !f.to_string().is_empty()));
        }
        prop_assert!(!show(&program, func).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn releases_matter(words in prop::collection::vec(any::<u32>(), 4..60)) {
        let program = right_program(words);
        let func = &program.funcs[0];
        let reached = reached(func);
        let owned = owned_at(&program, func).unwrap();
        for block in func.block_ids().filter(|b| reached[b.index()]) {
            for at in func.blocks[block.index()].start..func.blocks[block.index()].end {
                let at = at as usize;
                let (Op::Release { a } | Op::ReleaseUnwinding { a }) = func.insts[at].op else { continue };
                prop_assert!(owned.before(func, at).contains(&a.0));
                prop_assert!(!owned.after(func, at).contains(&a.0));
                let mut less = func.clone();
                remove(&mut less, at);
                let mut more = func.clone();
                repeat(&mut more, at);
                // Where the walk ends in `unreachable`, a count may stay behind.
                let ends = func.insts.iter().any(|i| matches!(i.op, Op::Unreachable {}));
                prop_assert!(ends || verify(&program, &less).is_err(), "{}", show(&program, &less));
                prop_assert!(verify(&program, &more).is_err(), "{}", show(&program, &more));
            }
        }
    }
}
