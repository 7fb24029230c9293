//! Scenes in which one place of the program reaches more boxes than an analysis is likely to tell apart: methods are
//! called, fields are read and written by name on any of them, and what was looked at before the call is looked at
//! again behind it. What a method does to the rest of the program few of the boxes do, often only one. Errors are part of
//! it: many of the boxes lack a method or hold what it does not take.
//!
//! It knows texts, not how they are run: the pieces are put together from lists, by which every program has some of
//! them. No piece calls what stands behind it in this order: `tell`, functions in `f`, `put`, `turn`.

use super::Gen;

/// In pieces: `@` begins the names of the scene, `$` is a value, `#` the name of one of its boxes.
const MARKS: [char; 3] = ['@', '$', '#'];

/// Does nothing to anything but the box itself.
const TELL: &[&str] = &[
    "return 1",
    "return me.v",
    "return me.w",
    "return me.list",
    "return me",
    "return $",
    "return new @Last(7)",
    "return me.list.length()",
    "return me.list[0]",
    "local old = me.v me.v = $ return old",
];
/// Tells and does something.
const TELL_LOUD: &[&str] = &[
    "@n = $ return @n",
    "@a.clear() return 1",
    "@a = [$] return @a",
    "@h.o = null return 3",
    "@h.values = [$, $] return 4",
    "@h.n = $ return @h.n",
    "me.list.clear() return me.list",
    "return @h.values",
    "return @h.o",
    "return @c($)",
    "new TimeBox().sleep(0) return me.v",
    "throw $",
];
/// Takes `x`.
const PUT: &[&str] = &[
    "return x",
    "me.v = x return 1",
    "local old = me.v me.v = x return old",
    "me.list = [x, x] return me.list",
    "me.list.push(x) if me.list.length() > 5 { me.list.clear() } return me.list.length()",
    "return x == me.v",
    "if x == null { return 0 } return x.tell()",
    "if isType(x, \"#\") { return x.v } return 2",
    "me.w = x return me.w == null",
    "me.f = fn(y) { return x } return x",
    "return me.f(x)",
];
const PUT_LOUD: &[&str] = &[
    "@h.o = x return x",
    "@n = $ return x",
    "@a.clear() return @a.length()",
    "@a.push($) if @a.length() > 9 { @a = [] } return @a.length()",
    "@a[0] = x return x",
    "@h.values = [$] return x",
    "x.v = $ return x",
    "x.list = $ return x.list",
    "throw x",
    "@c = fn(y) { x = y return x } return x",
    "new TimeBox().sleep(0) return x",
];
/// Takes `x` and calls methods of it by name.
const TURN: &[&str] = &[
    "return x.tell()",
    "return x.put(me)",
    "local r = x.put([1, 2]) return r",
    "return x.tell() == me.tell()",
    "x.v = me.v return x.v",
    "try { return x.put($) } catch (e) { return told(e) }",
    "return x.f($)",
    "if x.equals(me) { return me.v } return x.put(x)",
    "local a = me.v local b = x.tell() return \"\" + a + me.v",
    "@wipe(x) return @h.values",
];
const CLOSURES: &[&str] = &[
    "fn(y) { return y }",
    "fn(y) { return y }",
    "fn(y) { local old = @n @n = y return old }",
    "fn(y) { @h.o = y return 1 }",
    "fn(y) { @a.clear() return 2 }",
    "fn(y) { @h.values = [y, 1] return y }",
    "fn(y) { throw y }",
    "fn(y) { return y.tell() }",
    "fn() { return 5 }",
    "1",
];
/// What finalizers do; they make nothing that has one.
const FINI: &[&str] = &[
    "@h.values = [7, 8]",
    "@h.values = [\"x\", 0.5]",
    "@h.values = null",
    "@n = 0.5",
    "@n = \"t\" + finis",
    "@n = @n + 1",
    "@a.clear()",
    "@a = [9, 9, 9]",
    "@a[0] = \"s\"",
    "@h.n = 2.5",
    "@h.n = \"u\" + @n",
    "@h.o = null",
    "@h.o = me",
    "@c = fn(y) { return \"\" + y }",
    "log.push(\"~@\")",
    "finis = finis + 1",
    "throw \"~@\"",
];
/// Methods of a few boxes that have the names of those of builtin parents.
const NAMESAKES: &[&str] = &[
    "clear() { return me.id }",
    "clear() { me.list = [] }",
    "set(i, x) { me.v = x return i }",
    "pop() { return me.v }",
    "push(x) { me.list = [x] }",
    "remove(i) { return i }",
    "length() { return 3 }",
];
/// What lets elements of a box `o` die that has a builtin parent; most have none.
const WIPED: &[&str] = &[
    "o.clear()",
    "o.clear()",
    "o.clear() return o.length()",
    "o.set(0, 1)",
    "o.set(0, $)",
    "o[0] = null",
    "o.pop()",
    "o.remove(0)",
    "o.delete(0)",
];
/// What is done to a box `o`.
const CALLS: &[&str] = &[
    "o.clear()",
    "o.set(0, $)",
    "o.remove(0)",
    "o.v = $",
    "o.w = $",
    "o.list = [$]",
    "o.list.clear()",
    "o.f = x",
    "o.push(new @Last(3))",
    "o.tell()",
    "o.put($)",
    "o.put(x)",
    "o.turn(x)",
    "o.f($)",
    "@c($)",
    "x.v = o.v",
    "@h.o = o",
];
/// Values that are asked for.
const ASKED: &[&str] = &[
    "o.tell()",
    "o.tell()",
    "o.put($)",
    "o.put(x)",
    "o.turn(x)",
    "o.f($)",
    "o.v",
    "o.w == null",
    "o.list",
    "o.equals(x)",
    "o.equals(o)",
    "o.is(\"#\")",
    "isType(o, \"#\")",
    "o.type_name()",
    "o.get(0)",
    "o.length()",
    "o[0]",
    "o.id",
    "o == x",
    "o.as(\"#\") == o",
];
/// What every box has, asked of `o`.
const EVERY: &[&str] = &[
    "o.equals(x)",
    "x.equals(o)",
    "o.is(\"#\")",
    "o.is(\"Array\")",
    "o.as(\"#\") == x",
    "o.type_name() == x.type_name()",
];
/// What finalizers and probes of a program mostly have to do with.
const ABOUT: &[&str] = &["@h.values", "@h.values", "@a", "@n", "@h.n", "@h.o", "@c"];
/// What is looked at before, and again behind what is done. What is made behind it takes the memory of what is gone.
const ACROSS: &[(&str, &str)] = &[
    ("local b = @h.values", "return b[0] + b[1]"),
    ("local b = @h.values", "local other = [1000, 2000] return b[0] + b[1]"),
    ("local b = @h.values", "local other = [1000, 2000] return b"),
    (
        "local b = @h.values local n = b.length()",
        "local j = 0 loop (j < n) { t = t + b[j] j = j + 1 } return t",
    ),
    ("local n = @h.values.length()", "return \"\" + n + @h.values.length() + @h.values"),
    ("local b = @a", "local other = [4, 5, 6] return \"\" + b + b.length() + @a.length()"),
    ("local b = @a", "local other = [4, 5, 6] return b[0] + b[2]"),
    (
        "local n = @a.length() local j = 0 loop (j < n) { j = j + 1",
        "if j <= @a.length() { t = t + @a[j - 1] } } return t",
    ),
    ("if @a.length() > 1 {", "return \"\" + @a[1] + @a } return @a"),
    ("local b = @n", "local other = \"u\" + finis return \"\" + b + @n"),
    ("@n = 5", "return @n + 1"),
    ("if isType(@n, \"Integer\") {", "return @n * 2 } return @n"),
    ("local b = @h.n", "local other = \"u\" + finis return \"\" + b + @h.n"),
    ("@h.n = 1", "return @h.n + 1"),
    ("@h.o = new @Last(1)", "return @h.o.k"),
    ("local b = @h.o", "local other = new @Last(4) return b.k"),
    ("local b = @h.o", "local other = new @Hold() return b.k"),
    ("if @h.o != null {", "return @h.o.type_name() } return 0"),
    ("local b = o.v", "return \"\" + (b == o.v) + b"),
    ("o.v = [1, 2] local b = o.v", "local other = [3, 4] return b[0] + b[1]"),
    ("local b = o.list local n = b.length()", "return \"\" + n + b.length()"),
    ("o.list = [1]", "return o.list[0] + 1"),
    ("if o.is(\"#\") {", "return o.v } return 1"),
    ("if o.w == null {", "return o.w } return o.w.type_name()"),
    ("o.w = new @Last(2) local b = o.w", "return b == o.w"),
    ("local c = 1 o.f = fn(y) { c = y return c }", "return \"\" + c + o.f($) + c"),
    ("local c = [1, 2] @c = fn(y) { c = [y] return c }", "return \"\" + c + @c(3) + c"),
    ("@c = fn(y) { return y }", "return @c(1) + 1"),
    ("local b = @c", "local other = fn(y) { return t } return b(2)"),
    ("local w = new @New(o)", "return w.tell()"),
    ("if o.equals(x) { t = \"same\" }", "return \"\" + t + o.equals(x)"),
    ("if x.equals(o) or o.is(\"#\") { t = \"one\" } else { t = 1.5 }", "return t"),
];

/// What a scene is made of.
struct Scene {
    /// Begins its names.
    m: String,
    boxes: usize,
    probes: usize,
    /// One of [`ABOUT`].
    about: &'static str,
    /// Whether one place makes each box; otherwise one expression makes all.
    apart: bool,
}

impl Gen {
    /// Writes the boxes and functions of such a scene. Gives the name of the function that goes through it.
    pub(super) fn many_boxes(&mut self) -> String {
        let (m, name) = (self.fresh("M"), self.fresh("scene"));
        let (boxes, probes) = (33 + self.below(7), 3 + self.below(3));
        let (about, apart) = (self.pick(ABOUT), self.one_in(2));
        let scene = Scene { m, boxes, probes, about, apart };
        self.many_shared(&scene);
        self.many_texts(&scene);
        let m = &scene.m;
        let made: Vec<String> = (0..boxes).map(|i| format!("new {m}b{i}({i})")).collect();
        if apart {
            self.line(&format!("function {m}make(i) {{"));
            for (i, part) in made.chunks(4).enumerate() {
                let ways = part.iter().zip(i * 4..);
                let ways: Vec<String> =
                    ways.map(|(new, i)| format!("if i == {i} {{ return {new} }}")).collect();
                self.line(&format!("  {}", ways.join(" ")));
            }
            self.line("  return null\n}");
        }
        self.many_probes(&scene);
        self.line(&format!("function {name}() {{"));
        self.inside(|g| {
            if apart {
                let all = g.pick(&["local all = []", "local all = %{}"]);
                g.line(all);
                g.counted(boxes as u64, |g, i| g.line(&format!("all[{i} - 1] = {m}make({i} - 1)")));
            } else {
                g.line("local all = [");
                for part in made.chunks(6) {
                    g.line(&format!("  {},", part.join(", ")));
                }
                g.line("]");
            }
            g.many_rounds(&scene);
            if !g.one_in(8) {
                // What dies with the globals finds them gone and fails, which is seldom meant.
                g.line(&format!(
                    "{m}n = 0 {m}a = [] {m}h.o = null {m}h.values = null {m}c = null",
                    m = scene.m
                ));
            }
            g.line("return 33");
        });
        self.line("}");
        name
    }

    /// A piece with its marks replaced.
    fn piece(&mut self, scene: &Scene, piece: &str) -> String {
        let mut out = String::new();
        let mut rest = piece;
        while let Some((before, behind)) = rest.split_once(MARKS) {
            out.push_str(before);
            match rest.as_bytes().get(before.len()) {
                Some(b'@') => out.push_str(&scene.m),
                Some(b'#') => out.push_str(&format!("{}b{}", scene.m, self.below(scene.boxes))),
                _ => out.push_str(&self.many_value(&scene.m)),
            }
            rest = behind;
        }
        out + rest
    }

    fn many_value(&mut self, m: &str) -> String {
        match self.below(10) {
            0 | 1 => self.below(9).to_string(),
            2 => "0.5".to_owned(),
            3 => "\"s\"".to_owned(),
            4 => "null".to_owned(),
            5 => "[1, 2]".to_owned(),
            6 | 7 => format!("new {m}Last({})", self.below(9)),
            8 => "fn(y) { return y }".to_owned(),
            _ => format!("new {m}Hold()"),
        }
    }

    /// A piece of a list, mostly one that has to do with something.
    fn about<T: Copy>(&mut self, about: &str, list: &[T], text: impl Fn(&T) -> &str) -> T {
        let fits: Vec<T> = list.iter().filter(|piece| text(piece).contains(about)).copied().collect();
        if fits.is_empty() || self.one_in(4) { self.pick(list) } else { self.pick(&fits) }
    }

    /// What all boxes of the scene can reach.
    fn many_shared(&mut self, scene: &Scene) {
        let m = &scene.m;
        let n = self.pick(&["1", "1", "0.5", "\"n\""]);
        let o = self.pick(&["null", "new @Last(0)"]).replace('@', m);
        self.line(&format!(
            "box {m}Hold {{ values n o birth() {{ me.values = [41, 42] me.n = 1 me.o = null }} }}"
        ));
        self.line(&format!("global {m}n = {n} global {m}a = [1, 2, 3]"));
        self.line(&format!("global {m}c = fn(y) {{ return y }}"));
        self.line(&format!("global {m}h = new {m}Hold() {m}h.o = {o}"));
        let fini = self.many_fini(scene);
        self.line(&format!("box {m}Last {{ k birth(k) {{ me.k = k }} {fini} }}"));
        // Somebody may see it while some of its fields have no value yet.
        let put = self.pick(&["o.put(me)", "o.turn(me)", "o.v = me", "o.f(me)"]);
        let put = if self.one_in(2) {
            format!("try {{ {put} }} catch (e) {{ print(told(e)) }}")
        } else {
            put.into()
        };
        self.line(&format!(
            "box {m}New {{ v list w birth(o) {{ me.list = [1] {put} me.v = 1 me.w = null }} \
             tell() {{ return me.v + 1 }} put(x) {{ return me.v }} }}"
        ));
    }

    fn many_fini(&mut self, scene: &Scene) -> String {
        let mut text = self.about(scene.about, FINI, |f| f).to_owned();
        if self.one_in(3) {
            text = text + " " + self.pick(FINI);
        }
        format!("fini() {{ {} }}", self.piece(scene, &text))
    }

    /// The boxes, some with a parent among them or a builtin one.
    fn many_texts(&mut self, scene: &Scene) {
        let m = &scene.m;
        // So few ways that a program lacks most of them: what one box does is missed where others do the same.
        let tell = (!self.one_in(3)).then(|| self.pick(TELL_LOUD));
        let put = (!self.one_in(3)).then(|| self.pick(PUT_LOUD));
        let tells: Vec<&str> = (0..3).map(|_| self.pick(TELL)).collect();
        let puts: Vec<&str> = (0..3).map(|_| self.pick(PUT)).collect();
        let turns: Vec<&str> = (0..3).map(|_| self.pick(TURN)).collect();
        let closures = [self.pick(CLOSURES), self.pick(CLOSURES)];
        let value = self.many_value(m);
        let (finis, inherit, weak) = (self.one_in(2), self.one_in(2), self.one_in(3));
        let builtins: &[&str] = if self.one_in(3) { &["MapBox", "ArrayBox"] } else { &["ArrayBox"] };
        let rare = 3 + self.below(8);
        // Those that can be parents, and whether they have a `put` to go on to.
        let mut parents: Vec<(usize, bool)> = Vec::new();
        for i in 0..scene.boxes {
            let at = self.below(parents.len());
            let parent = parents.get(at).copied().filter(|_| inherit && self.rng.one_in(3));
            let (mut from, mut members) = (String::new(), String::new());
            if let Some((p, _)) = parent {
                from = format!("from {m}b{p} ");
                members.push_str(&format!("birth(i) {{ from {m}b{p}.birth(i) }}"));
            } else {
                let mut content = String::new();
                if i + 1 == scene.boxes || self.one_in(rare) {
                    let of = self.pick(builtins);
                    (from, content) = (format!("from {of} "), format!("from {of}.birth() "));
                }
                let w = if weak && self.one_in(2) { "weak w" } else { "w" };
                let v = if self.one_in(2) { value.clone() } else { self.many_value(m) };
                let f = self.pick(&closures);
                let f = self.piece(scene, f);
                members.push_str(&format!("id v {w} list f birth(i) {{ {content}me.id = i me.v = {v} "));
                members.push_str(&format!("me.w = null me.list = [i, i] me.f = {f} }}"));
            }
            let mut has = |g: &mut Gen, head: &str, quiet: &[&str], loud: Option<&str>| {
                let has = if parent.is_some() { g.one_in(3) } else { !g.one_in(6) };
                if has {
                    let quiet = g.pick(quiet);
                    let body = loud.filter(|_| g.rng.one_in(4)).unwrap_or(quiet);
                    members = format!("{members} {head} {{ {} }}", g.piece(scene, body));
                }
                has
            };
            has(self, "tell()", &tells, tell);
            let goes_on = match parent {
                Some((p, true)) if self.one_in(2) => Some(format!("me.v = x return from {m}b{p}.put(x)")),
                _ => None,
            };
            let puts = has(self, "put(x)", &puts, goes_on.as_deref().or(put));
            has(self, "turn(x)", &turns, None);
            if from.is_empty() {
                parents.push((i, puts));
            }
            if finis && self.one_in(4) {
                members = members + " " + &self.many_fini(scene);
            }
            if from.is_empty() && self.one_in(3) {
                members = members + " " + self.pick(NAMESAKES);
            }
            if self.one_in(20) {
                members = members + &format!(" toString() {{ return \"b{i}\" }}");
            }
            self.line(&format!("box {m}b{i} {from}{{ {members} }}"));
        }
    }

    /// Functions that look at something, have a call made on any of the boxes, and look again.
    fn many_probes(&mut self, scene: &Scene) {
        let m = &scene.m;
        let (wiped, done, asked) = (self.pick(WIPED), self.pick(CALLS), self.pick(ASKED));
        let piece = format!(
            "function @wipe(o) {{ {wiped} }}\nfunction @do(o, x) {{ {done} }}\nfunction @ask(o, x) {{ return {asked} }}"
        );
        let text = self.piece(scene, &piece);
        self.line(&text);
        let hit = self.pick(EVERY);
        let text = self.piece(scene, hit);
        self.line(&format!("function {m}count(all, x) {{ local i = 0 local n = 0"));
        self.line(&format!(
            "  loop (i < {}) {{ local o = all[i] i = i + 1 if {text} {{ n = n + 1 }} }}",
            scene.boxes
        ));
        self.line("  return n\n}");
        for k in 0..scene.probes {
            let (before, behind) = self.about(scene.about, ACROSS, |(before, _)| before);
            let call = match self.below(9) {
                0..4 => "@wipe(o)",
                4 => "@do(o, x)",
                5 => "t = t + @ask(o, x)",
                6 => "try { @do(o, x) } catch (e) { t = told(e) }",
                7 => self.pick(CALLS),
                _ => "if @ask(o, x) { t = 1 }",
            };
            let t = self.pick(&["\"\"", "\"\"", "0"]);
            let text = self.piece(scene, &format!("local t = {t} {before} {call} {behind}"));
            self.line(&format!("function {m}p{k}(o, x) {{ {text} }}"));
        }
    }

    /// Each probe meets each box.
    fn many_rounds(&mut self, scene: &Scene) {
        let Scene { m, boxes, .. } = scene;
        let task = self.one_in(4);
        if task {
            // Nobody may come to wait for it.
            self.line(&format!(
                "nowait task = fn(o, x) {{ try {{ return {m}p0(o, x) }} catch (e) {{ return told(e) }} }}(all[1], all[2])"
            ));
        }
        let step = self.pick(&[1, 2, 5, 7]);
        self.line("local text = \"\"");
        self.counted(*boxes as u64, |g, i| {
            g.line(&format!("local o = all[{i} - 1] local x = all[({i} * {step}) % {boxes}]"));
            for k in 0..scene.probes {
                let mut first = String::new();
                if !g.one_in(3) {
                    first.push_str(&format!("{m}h.values = [{i}, 42] "));
                }
                if g.one_in(3) {
                    first.push_str(g.pick(&["@a = [1, 2, 3] ", "@n = 1 ", "@h.o = new @Last(5) ", "@h.n = 1 "]));
                }
                if !g.one_in(3) {
                    let put = g.pick(&["push(", "push(", "push(", "set(0, "]);
                    first.push_str(&format!("o.{put}new {m}Last({i})) "));
                }
                if !first.is_empty() {
                    g.line(&format!("try {{ {}}} catch (e) {{ }}", first.replace('@', m)));
                }
                g.line(&format!(
                    "try {{ text = text + \" \" + {m}p{k}(o, x) }} catch (e) {{ text = text + \" !\" + told(e) }}"
                ));
            }
            g.line(&format!("if {i} % 7 == 0 {{ print(text) text = \"\" }}"));
            if scene.apart && g.one_in(3) {
                let which = g.below(*boxes);
                g.line(&format!("if {i} % 9 == 0 {{ all[{which}] = {m}make({i}) }}"));
            }
        });
        self.line(&format!("print(text + \" \" + {m}n + \" \" + {m}a + \" \" + {m}h.values)"));
        if self.one_in(2) {
            let which = self.below(*boxes);
            self.line(&format!("print({m}count(all, all[{which}]))"));
        }
        if task {
            self.line("print(await task)");
        }
    }
}
