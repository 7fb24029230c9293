//! Random typed functions over numbers: straight lines, choices and loops. Each is kept as a tree, from which its MIR
//! and, by [`numbers`], its right answer are made.

use std::fmt::Write;

use mir::func::Rep;
use mir::inst::FuncId;

use crate::{Answer, Case, Datum, End, Suite, Unit, corner, numbers, pure};

/// A value by its number.
type Var = usize;

/// A step of a function.
enum Part {
    /// `var = constant`.
    Const(Var, Datum),
    /// `var = row(args)`.
    Row(Var, &'static str, Rep, Vec<Var>),
    /// One of two lines, each of which gives a value.
    Choice { cond: Var, ways: [(Vec<Part>, Var); 2], out: Var, rep: Rep },
    /// So many rounds; each value that goes round begins with one, is known in the loop and behind it, and goes on
    /// with another one. The counter is known in the loop.
    Loop { rounds: i64, counter: Var, round: Vec<Round>, body: Vec<Part> },
}

/// A value that goes round.
struct Round {
    first: Var,
    known: Var,
    next: Var,
    rep: Rep,
}

/// Numbers that look random, the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Makes a function.
struct Maker<'a> {
    random: Random,
    rows: &'a [(&'static str, Vec<Rep>, Rep)],
    /// Values that are known here.
    known: Vec<(Var, Rep)>,
    vars: Var,
}

const NUMBERS: [Rep; 3] = [Rep::I64, Rep::F64, Rep::Bool];

impl Maker<'_> {
    fn var(&mut self, rep: Rep) -> Var {
        self.known.push((self.vars, rep));
        self.vars += 1;
        self.vars - 1
    }

    /// A known value, or a constant that is put into the line.
    fn value(&mut self, rep: Rep, line: &mut Vec<Part>) -> Var {
        let fit: Vec<Var> = self.known.iter().filter(|(_, r)| *r == rep).map(|(v, _)| *v).collect();
        if fit.is_empty() || self.random.below(5) == 0 {
            let constant = self.random.of(&corner::of(rep)).clone();
            let var = self.var(rep);
            line.push(Part::Const(var, constant));
            return var;
        }
        // Rather a new one, so that lines get long.
        let from = if self.random.below(3) == 0 { 0 } else { fit.len().saturating_sub(6) };
        *self.random.of(&fit[from..])
    }

    fn line(&mut self, length: usize, depth: usize) -> Vec<Part> {
        let mut line = Vec::new();
        for _ in 0..length {
            match self.random.below(12) {
                0 if depth > 0 => self.choice(&mut line, depth),
                1 if depth > 0 => self.rounds(&mut line, depth),
                _ => {
                    let (row, reps, result) = self.random.of(self.rows).clone();
                    let args = reps.iter().map(|rep| self.value(*rep, &mut line)).collect();
                    let var = self.var(result);
                    line.push(Part::Row(var, row, result, args));
                }
            }
        }
        line
    }

    fn choice(&mut self, line: &mut Vec<Part>, depth: usize) {
        let cond = self.value(Rep::Bool, line);
        let rep = *self.random.of(&NUMBERS);
        let outside = self.known.len();
        let mut way = || {
            let length = self.random.below(5);
            let mut inner = self.line(length, depth - 1);
            let last = self.value(rep, &mut inner);
            self.known.truncate(outside);
            (inner, last)
        };
        let ways = [way(), way()];
        let out = self.var(rep);
        line.push(Part::Choice { cond, ways, out, rep });
    }

    fn rounds(&mut self, line: &mut Vec<Part>, depth: usize) {
        let mut round = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let rep = *self.random.of(&NUMBERS);
            let first = self.value(rep, line);
            round.push(Round { first, known: 0, next: 0, rep });
        }
        for r in &mut round {
            r.known = self.var(r.rep);
        }
        let behind = self.known.len();
        let counter = self.var(Rep::I64);
        let length = 1 + self.random.below(6);
        let mut body = self.line(length, depth - 1);
        for r in &mut round {
            r.next = self.value(r.rep, &mut body);
        }
        self.known.truncate(behind);
        line.push(Part::Loop { rounds: self.random.below(5) as i64, counter, round, body });
    }
}

/// Writes the blocks of a function.
struct Writer {
    blocks: Vec<String>,
    at: usize,
    vars: Var,
}

impl Writer {
    fn block(&mut self, params: &str) -> usize {
        let n = self.blocks.len();
        self.blocks.push(format!("bb{n}{params}:\n"));
        n
    }

    fn put(&mut self, inst: &str) {
        let _ = writeln!(self.blocks[self.at], "  {inst}");
    }

    fn fresh(&mut self) -> Var {
        self.vars += 1;
        self.vars - 1
    }

    fn line(&mut self, line: &[Part]) {
        for part in line {
            match part {
                Part::Const(v, value) => {
                    let rep = match value {
                        Datum::Int(_) => Rep::I64,
                        Datum::Float(_) => Rep::F64,
                        _ => Rep::Bool,
                    };
                    self.put(&format!("%{v}:{} = {}", rep.word(), pure::literal(value)));
                }
                Part::Row(v, row, rep, args) => {
                    let args: Vec<_> = args.iter().map(|a| format!("%{a}")).collect();
                    self.put(&format!("%{v}:{} = {row} {}", rep.word(), args.join(", ")));
                }
                Part::Choice { cond, ways, out, rep } => {
                    let starts = [self.block(""), self.block("")];
                    let join = self.block(&format!("(%{out}:{})", rep.word()));
                    self.put(&format!("branch %{cond}, bb{}, bb{}", starts[0], starts[1]));
                    for (start, (inner, last)) in starts.into_iter().zip(ways) {
                        self.at = start;
                        self.line(inner);
                        self.put(&format!("jump bb{join}(%{last})"));
                    }
                    self.at = join;
                }
                Part::Loop { rounds, counter, round, body } => self.rounds(*rounds, *counter, round, body),
            }
        }
    }

    fn rounds(&mut self, rounds: i64, counter: Var, round: &[Round], body: &[Part]) {
        let (zero, end, more, one, next) =
            (self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let join = |first: Var, f: fn(&Round) -> Var| {
            let all = [first].into_iter().chain(round.iter().map(f));
            all.map(|v| format!("%{v}")).collect::<Vec<_>>().join(", ")
        };
        let params: Vec<_> = round.iter().map(|r| format!(", %{}:{}", r.known, r.rep.word())).collect();
        self.put(&format!("%{zero}:i64 = int 0"));
        self.put(&format!("%{end}:i64 = int {rounds}"));
        let head = self.block(&format!("(%{counter}:i64{})", params.concat()));
        let (inside, behind) = (self.block(""), self.block(""));
        self.put(&format!("jump bb{head}({})", join(zero, |r| r.first)));
        self.at = head;
        self.put(&format!("%{more}:bool = ilt %{counter}, %{end}"));
        self.put(&format!("branch %{more}, bb{inside}, bb{behind}"));
        self.at = inside;
        self.line(body);
        self.put(&format!("%{one}:i64 = int 1"));
        self.put(&format!("%{next}:i64 = iadd %{counter}, %{one}"));
        self.put(&format!("jump bb{head}({})", join(next, |r| r.next)));
        self.at = behind;
    }
}

/// Runs a line; an error ends it.
fn run(line: &[Part], env: &mut Vec<Datum>) -> Result<(), End> {
    for part in line {
        match part {
            Part::Const(v, d) => env[*v] = d.clone(),
            Part::Row(v, row, _, args) => {
                let args: Vec<Datum> = args.iter().map(|a| env[*a].clone()).collect();
                match numbers::answer(row, &args) {
                    Some(End::Value(d)) => env[*v] = d,
                    Some(end) => return Err(end),
                    None => panic!("nobody has said what {row} means"),
                }
            }
            Part::Choice { cond, ways, out, .. } => {
                let (inner, last) = &ways[usize::from(env[*cond] != Datum::Bool(true))];
                run(inner, env)?;
                env[*out] = env[*last].clone();
            }
            Part::Loop { rounds, counter, round, body } => {
                for r in round {
                    env[r.known] = env[r.first].clone();
                }
                for i in 0..*rounds {
                    env[*counter] = Datum::Int(i);
                    run(body, env)?;
                    let next: Vec<Datum> = round.iter().map(|r| env[r.next].clone()).collect();
                    round.iter().zip(next).for_each(|(r, d)| env[r.known] = d);
                }
            }
        }
    }
    Ok(())
}

/// So many random functions, each with calls.
pub fn suite(seed: u64, functions: usize) -> Suite {
    let rows: Vec<_> = pure::rows().into_iter().filter(|(_, _, result)| NUMBERS.contains(result)).collect();
    let (mut source, mut cases) = (String::new(), Vec::new());
    for i in 0..functions {
        // Mixed, so that neighbouring seeds have nothing in common; never 0.
        let seed = (seed.wrapping_add(i as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut maker = Maker { random: Random(seed), rows: &rows, known: Vec::new(), vars: 0 };
        let params: Vec<Rep> = (0..maker.random.below(5)).map(|_| *maker.random.of(&NUMBERS)).collect();
        for rep in &params {
            maker.var(*rep);
        }
        let length = 5 + maker.random.below(20);
        let mut line = maker.line(length, 3);
        let result = *maker.random.of(&NUMBERS);
        let last = maker.value(result, &mut line);

        let mut writer = Writer { blocks: Vec::new(), at: 0, vars: maker.vars };
        writer.block("");
        writer.line(&line);
        writer.put(&format!("return move %{last}"));
        let words: Vec<_> = params.iter().map(|rep| rep.word()).collect();
        let (n, words) = (params.len(), words.join(", "));
        let _ = writeln!(
            source,
            "func @{i} \"random{i}\" user params {n} typed ({words}) {} {{\n{}}}",
            result.word(),
            writer.blocks.concat()
        );
        for _ in 0..4 {
            let args: Vec<Datum> =
                params.iter().map(|rep| maker.random.of(&corner::of(*rep)).clone()).collect();
            let mut env = args.clone();
            env.resize(maker.vars, Datum::Null);
            let end = match run(&line, &mut env) {
                Ok(()) => End::Value(env[last].clone()),
                Err(end) => end,
            };
            let right = Answer { end, after: args.clone(), left: 0 };
            cases.push(Case { row: "random", func: FuncId(i as u32), args, closure: None, right });
        }
    }
    Suite { unit: Unit::read(&source, &[], &[]), cases }
}
