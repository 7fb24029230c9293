//! Programs whose fields are stored in typed slots behave as with untyped ones, in audit mode.

mod support;

use interp::Interp;
use link::Linked;
use machine::Config;
use mir::inst::ClassIx;
use nyrt::heap::{HeapConfig, SlotType};
use support::{World, run, runtime};

/// The slot that the first word of a field's name asks for.
fn slot(name: &str) -> SlotType {
    match name.split('_').next() {
        Some("int") => SlotType::I64,
        Some("real") => SlotType::F64,
        Some("flag") => SlotType::Bool,
        Some("box") => SlotType::Ref,
        Some("later") => SlotType::RefOrVoid,
        Some("text") => SlotType::Str,
        _ => SlotType::Any,
    }
}

/// What the program prints with typed slots; it must be the same as without.
fn typed(text: &str) -> String {
    let untyped = run(text);
    let mut world = World::new();
    let top = world.main(text);
    let (mut rt, written) = runtime(HeapConfig { audit: true, ..HeapConfig::default() });
    let names: Vec<Vec<SlotType>> = (world.program.classes.iter())
        .map(|c| c.fields.iter().map(|f| slot(world.program.names.text(f.name))).collect())
        .collect();
    let layouts = |class: ClassIx, field: usize| names[class.index()][field];
    let linked = Linked::with_layouts(&mut rt, world.program, &layouts);
    let mut interp = Interp::machine(rt, linked, Config { audit: true, ..Config::default() });
    let exit = interp.run(top);
    let ended = interp.finish();
    assert_eq!((written.out(), written.err()), (untyped.out, untyped.err));
    assert_eq!(format!("{exit:?}"), format!("{:?}", untyped.exit));
    assert!(ended.leaked.is_empty(), "{:?}", ended.leaked);
    written.out()
}

#[test]
fn fields_of_every_slot() {
    let out = typed(
        "box Part { init { name } birth(name) { me.name = name } fini() { print(\"end of \" + me.name) } }
         box All {
             init { int_n, real_x, flag_b, box_part, later_part, text_t, any }
             birth(n) {
                 print(me.later_part)
                 print(me.any)
                 me.int_n = n
                 me.real_x = 0.5
                 me.flag_b = true
                 me.box_part = new Part(\"first\")
                 me.text_t = \"text\" + n
                 me.any = n
             }
             change() {
                 me.int_n = me.int_n * 2
                 me.real_x = me.real_x + me.int_n
                 me.flag_b = not me.flag_b
                 me.later_part = new Part(\"later\")
                 me.box_part = null
                 me.text_t = me.text_t + me.flag_b
                 me.any = [me.int_n, me.later_part.name]
             }
             show() {
                 print(\"\" + me.int_n + \" \" + me.real_x + \" \" + me.flag_b + \" \" + me.box_part + \" \" + me.text_t)
                 print(me.any)
             }
         }
         local a = new All(9223372036854775807)
         a.box_part.name = \"other\"
         a.change()
         a.show()",
    );
    assert_eq!(
        out,
        "void\nvoid\nend of other\n-2 -1.5 false null text9223372036854775807false\n[-2, later]\nend of later\n"
    );
}

#[test]
fn parents_keep_their_slots() {
    let out = typed(
        "box Base { init { int_a, flag_b } birth() { me.int_a = 1 me.flag_b = true } sum() { return me.int_a + 1 } }
         box Other { init { real_c, text_d } birth() { me.real_c = 1.5 me.text_d = \"d\" } both() { return me.text_d + me.real_c } }
         box Child from Base, Other {
             init { int_e }
             birth() { from Base.birth() from Other.birth() me.int_e = me.int_a + 10 me.int_a = me.int_e * 2 }
         }
         local c = new Child()
         print(c.sum())
         print(c.both())
         print(c.int_e)
         print(c.flag_b)",
    );
    assert_eq!(out, "23\nd1.5\n11\ntrue\n");
}

#[test]
fn weak_fields_in_slots_of_references() {
    let out = typed(
        "box Node {
             init { weak box_up, box_down }
             birth(up) { me.box_up = up me.box_down = null }
             fini() { print(\"fini\") }
         }
         local root = new Node(null)
         print(root.box_up)
         local leaf = new Node(root)
         root.box_down = leaf
         print(leaf.box_up == root)
         leaf.box_down = leaf
         root = null
         print(leaf.box_up)
         leaf.box_down = null",
    );
    assert_eq!(out, "null\ntrue\nfini\nnull\nfini\n");
}

#[test]
fn one_name_with_two_slots_becomes_untyped() {
    let (mut rt, _) = runtime(HeapConfig { audit: true, ..HeapConfig::default() });
    let mut world = World::new();
    world.main(
        "box A { init { x, y } }\nbox B { init { x } }\nbox C from A, B { init { y } }\nbox D { init { x } }",
    );
    let of = |name: &str| world.program.class_names[&world.program.names.find(name).expect("a name")];
    let (a, b, c, d) = (of("A"), of("B"), of("C"), of("D"));
    let (x, y) = (world.program.names.find("x").expect("x"), world.program.names.find("y").expect("y"));
    let layouts = move |class: ClassIx, _: usize| match class {
        class if class == a || class == c => SlotType::I64,
        _ => SlotType::Bool,
    };
    let mut linked = Linked::with_layouts(&mut rt, world.program, &layouts);
    let mut slot = |class, name| linked.field(&mut rt, class, name).map(|f| f.slot);
    assert_eq!(
        (slot(a, x), slot(b, x), slot(c, x)),
        (Some(SlotType::Any), Some(SlotType::Any), Some(SlotType::Any))
    );
    assert_eq!((slot(a, y), slot(c, y)), (Some(SlotType::I64), Some(SlotType::I64)));
    assert_eq!((slot(d, x), slot(d, y)), (Some(SlotType::Bool), None));
}
