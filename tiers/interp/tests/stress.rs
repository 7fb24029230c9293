//! Programs under stress: every allocation fails once, the collector runs all the time. Whatever happens,
//! counts stay right and nothing is left over.

mod support;

use machine::Exit;
use support::{Options, Ran, World, run_program};

const PROGRAMS: [&str; 6] = [
    "box R { name birth(n) { me.name = \"r\" + n } fini() { log.push(me.name + \"!\") } toString() { return \"<\" + me.name + \">\" } }
     global log = []
     function make(n) { local r = new R(n) local s = [r, new R(n + 1)] return s }
     local all = make(1)
     all[0] = new R(5)
     print(all)
     try { throw new R(7) } catch (e) { print(e) }
     print(log.join(\" \"))",
    "function counter() { local n = 0 return fn() { n = n + 1 return \"n\" + n } }
     local c = counter()
     local d = counter()
     c() c() d()
     print(c() + d())
     local m = %{\"a\" => [1, 2.5], \"b\" => %{1 => c}}
     m[\"c\"] = m[\"a\"]
     print(m.keys().join(\",\") + m.get(\"c\"))
     local text = \"\"
     local i = 0
     loop (i < 20) { text = text + i i = i + 1 }
     print(text)",
    "box Work { log birth() { me.log = [] } step(n) { new TimeBox().sleep(n) me.log.push(\"step \" + n) return \"did \" + n } }
     local w = new Work()
     nowait a = w.step(3)
     nowait b = w.step(1)
     try { print(await a + await b) } finally { print(w.log) }",
    "static box Conf { values static { me.values = %{\"k\" => \"v\" + 1} } get(k) { return me.values.get(k) } }
     box P from StringBox { extra = [\"x\"] birth(s) { from StringBox.birth(s + \"!\") } }
     local p = new P(Conf.get(\"k\"))
     print(p.toUpper() + p.extra)
     local bound = p.length
     print(bound())
     outbox o = new P(\"o\")
     print(o.repeat(2))",
    "box N { other items birth() { me.items = [] } fini() { total = total + 1 } }
     global total = 0
     local i = 0
     loop (i < 5) { local a = new N() local b = new N() a.other = b b.other = a a.items.push(b) i = i + 1 }
     weakly = weak new N()
     print(weakly.weak_to_strong())",
    "function fails(n) { if n == 0 { return [].nothing() } local keep = [n] local r = fails(n - 1) return keep }
     local n = 0
     loop (n < 4) {
         try { fails(n) } catch (NoMethod e) { print(e.message()) } finally { n = n + 1 }
     }
     print([3, 1, 2, \"b\", \"a\"].sort())
     print(new JSONBox(\"{\\\"a\\\": [1, {\\\"b\\\": null}]}\").get(\"a\"))",
];

fn once(text: &str, options: Options) -> Ran {
    let mut world = World::new();
    let top = world.main(text);
    run_program(world.program, top, options)
}

fn check_end(text: &str, ran: &Ran) {
    match &ran.exit {
        Exit::Value(_) | Exit::Uncaught(_) | Exit::Limit(..) => {}
        other => panic!("{text}\n{other:?}"),
    }
    assert!(ran.ended.stopped.is_none(), "{text}\n{:?}", ran.ended.stopped);
    assert!(ran.ended.leaked.is_empty(), "{text}\n{} {:?}", ran.exit(), ran.ended.leaked);
}

#[test]
fn every_allocation_fails_once() {
    for text in PROGRAMS {
        let good = once(text, Options::default());
        check_end(text, &good);
        let allocations = good.interp.rt.heap.stats().allocations;
        let mut failed = 0;
        for n in 1..allocations {
            let ran = once(text, Options { fail: Some(n), ..Options::default() });
            check_end(&format!("allocation {n} of {text}"), &ran);
            failed += usize::from(ran.out != good.out || ran.exit() != good.exit());
        }
        assert!(failed > 5, "{text}: {failed} of {allocations}");
    }
}

#[test]
fn the_collector_changes_nothing() {
    for text in PROGRAMS {
        let good = once(text, Options::default());
        let ran = once(text, Options { cycles: true, ..Options::default() });
        assert_eq!((&ran.out, ran.exit()), (&good.out, good.exit()), "{text}");
        check_end(text, &ran);
    }
}
