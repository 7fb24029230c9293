//! Measures the analysis: `cargo run --release -p infer --example cost -- FILE...` prints for each program how long
//! it takes (best of several) without specialization, and with it everything together, copies and their analysis too;
//! and how many reached values have each representation.

#[path = "../tests/common/files.rs"]
mod files;

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use infer::{Facts, World};
use mir::func::Rep;
use mir::inst::{FuncId, Val};
use mir::program::Program;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout();
    for file in std::env::args().skip(1) {
        let (program, top) = files::load(Path::new(&file))?;
        let world = World { entries: vec![top] };
        let mut best = f64::INFINITY;
        for _ in 0..20 {
            let start = Instant::now();
            std::hint::black_box(infer::analyse(&program, &world));
            best = best.min(start.elapsed().as_secs_f64());
        }
        let facts = infer::analyse(&program, &world);
        writeln!(out, "{file}: {:.2} ms, {}", best * 1e3, count(&program, &facts))?;
        // Specialization changes the program, so each run has one of its own.
        let mut times = Vec::new();
        let mut last = None;
        for _ in 0..20 {
            let (mut program, top) = files::load(Path::new(&file))?;
            let world = World { entries: vec![top] };
            let start = Instant::now();
            let facts = infer::specialize(&mut program, &world);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            last = Some((program, facts));
        }
        let Some((program, facts)) = last else { continue };
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0], times[times.len() / 2]);
        writeln!(out, "  specialized: {best:.2} ms, median {median:.2} ms, {}", count(&program, &facts))?;
    }
    Ok(())
}

/// Reached values by representation.
fn count(program: &Program, facts: &Facts) -> String {
    let (mut counts, mut functions, mut insts) = ([0u32; Rep::ALL.len()], 0, 0);
    for (i, func) in program.funcs.iter().enumerate() {
        let id = FuncId(i as u32);
        if !facts.reached(id) {
            continue;
        }
        functions += 1;
        insts += func.insts.len();
        // What a handler gets can be anything, and is only passed on.
        let mut handler = vec![false; func.values as usize];
        for inst in &func.insts {
            func.edges_of(inst, |e| {
                let edge = &func.edges[e.index()];
                let params = func.block_params(edge.to);
                for (param, arg) in params.zip(func.vals(edge.args)) {
                    let thrown = arg == mir::inst::EXCEPTION || handler.get(arg.index()) == Some(&true);
                    handler[param.index()] |= thrown;
                }
            });
        }
        for v in (0..func.values).filter(|v| !handler[*v as usize]) {
            let rep = facts.rep(facts.ty(id, Val(v)));
            if let Some(at) = Rep::ALL.iter().position(|r| *r == rep) {
                counts[at] += 1;
            }
        }
    }
    let reps: Vec<String> = Rep::ALL.iter().zip(counts).map(|(r, n)| format!("{} {n}", r.word())).collect();
    format!("{functions} functions, {insts} instructions, values: {}", reps.join(", "))
}
