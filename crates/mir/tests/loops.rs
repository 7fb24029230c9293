//! Which edges close loops, in functions written down here and in those of all language tests.

#[path = "built/sources.rs"]
mod sources;

use std::path::Path;

use mir::func::Func;
use mir::inst::Block;
use mir::loops::closing;
use mir::text::parse;

/// The ways on from a block, each with whether it closes a loop and whether it is for exceptions.
fn ways(func: &Func, closing: &[bool], block: Block) -> Vec<(Block, bool, bool)> {
    let mut ways = Vec::new();
    for inst in func.block_insts(block) {
        func.edges_of(inst, |e| {
            ways.push((func.edges[e.index()].to, closing[e.index()], e == inst.unwind));
        });
    }
    ways
}

/// The blocks that can be reached from `from` without going through `without` and without some ways.
fn reached(
    func: &Func,
    from: Block,
    without: Option<Block>,
    taken: &dyn Fn(&(Block, bool, bool)) -> bool,
) -> Vec<bool> {
    let closing = closing(func);
    let mut reached = vec![false; func.blocks.len()];
    let mut work = vec![from];
    while let Some(block) = work.pop() {
        if Some(block) == without || std::mem::replace(&mut reached[block.index()], true) {
            continue;
        }
        work.extend(ways(func, &closing, block).into_iter().filter(taken).map(|w| w.0));
    }
    reached
}

/// What is wrong with the loops of a function, found the slow way.
fn wrong(func: &Func) -> Option<String> {
    let closing = closing(func);
    let live = reached(func, Block(0), None, &|_| true);
    for block in func.block_ids().filter(|b| live[b.index()]) {
        for (to, closes, unwind) in ways(func, &closing, block) {
            let mut avoids = reached(func, Block(0), Some(to), &|_| true);
            let dominated = to == block || !std::mem::take(&mut avoids[block.index()]);
            if closes != (dominated && !unwind) {
                return Some(format!("{block:?} to {to:?}: closes {closes}, dominated {dominated}"));
            }
            // A loop that takes no step would run for ever.
            if !closes && reached(func, to, None, &|w| !w.1)[block.index()] {
                return Some(format!("{block:?} to {to:?} is on a way round without a step"));
            }
        }
    }
    None
}

#[test]
fn every_loop_of_a_program_has_one_beginning_and_takes_steps() {
    let (mut functions, mut loops) = (0, 0);
    for folder in ["tests/lang", "benches/programs"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        for path in sources::sources(&root) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let Some(program) = sources::built(&text) else { continue };
            for func in &program.funcs {
                let name = program.names.text(func.name);
                assert_eq!(wrong(func), None, "{name} of {}", path.display());
                functions += 1;
                loops += closing(func).iter().filter(|c| **c).count();
            }
        }
    }
    assert!(functions > 2000 && loops > 60, "{functions} functions, {loops} loops");
}

/// The edges of a function that close loops, as pairs of blocks.
fn pairs(body: &str) -> Vec<(u32, u32)> {
    let text = format!("global $0 \"g\"\nfunc @0 \"f\" user params 1 {{\n{body}\n}}");
    let program = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let func = &program.funcs[0];
    let closing = closing(func);
    let of = |b: Block| ways(func, &closing, b).into_iter().filter(|w| w.1).map(move |w| (b.0, w.0.0));
    func.block_ids().flat_map(of).collect()
}

#[test]
fn a_way_up_is_no_loop() {
    assert_eq!(pairs("bb0: jump bb2 bb1: %1 = null return move %1 bb2: jump bb1"), []);
}

#[test]
fn a_loop_may_lie_anywhere() {
    assert_eq!(pairs("bb0: jump bb1 bb1: jump bb1"), [(1, 1)]);
    // Its end may stand before its beginning.
    assert_eq!(pairs("bb0: jump bb2 bb1: jump bb2 bb2: branch %0, bb1, bb3 bb3: unreachable"), [(1, 2)]);
    let nested =
        "bb0: jump bb1 bb1: jump bb2 bb2: branch %0, bb2, bb3 bb3: branch %0, bb1, bb4 bb4: unreachable";
    assert_eq!(pairs(nested), [(2, 2), (3, 1)]);
}

#[test]
fn a_handler_goes_back_by_an_edge_of_its_own() {
    let text = "bb0: jump bb1 bb1: %1 = get_global $0 unwind bb2(exc) return move %1
                bb2(%2): release move %2 jump bb1";
    assert_eq!(pairs(text), [(2, 1)]);
}

#[test]
fn blocks_that_nothing_reaches_have_no_loops() {
    assert_eq!(pairs("bb0: unreachable bb1: jump bb1"), []);
}
