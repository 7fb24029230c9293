//! The table of run-time error kinds: name as the program sees it, page text for `nyash explain`.
//! Making an error value is `Rt::raise`; rendering happens in the command only.

macro_rules! kinds {
    ($($kind:ident $page:literal;)*) => {
        /// Kind of a run-time error (`kind()` of the ErrorBox).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ErrorKind { $(#[doc = stringify!($kind)] $kind),* }
        impl ErrorKind {
            /// Every kind, in order.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$kind),*];
            /// As the program sees it.
            pub fn name(self) -> &'static str { match self { $(ErrorKind::$kind => stringify!($kind)),* } }
            /// The text of `nyash explain`, Markdown.
            pub fn page(self) -> &'static str { match self { $(ErrorKind::$kind => $page),* } }
        }
    };
}

kinds! {
    TypeError r#"An operator, method or conversion got a value of a type it does not take.

```nyash
print("total: " - 5)          // StringBox - IntegerBox
```

The message names the operator and both types. Convert first, or join texts with `+`:

```nyash
print("total: " + 5)
print("7".toInteger() - 5)
```
"#;
    ArityError r#"A function, method or constructor was called with another number of arguments than it has parameters.

```nyash
function area(w, h) { return w * h }
print(area(3))
```

Nothing is filled in. Pass every argument, or pass one box that holds the options:

```nyash
function area(w, h) { return w * h }
print(area(3, 3))
```
"#;
    UndefinedVariable r#"A name was read that nothing has given a value: no local, global, static box or function has it.

```nyash
function next() { return counter + 1 }
print(next())
```

Declare it in the function with `local`, or give it a value at the top level of the file before the call:

```nyash
counter = 0
function next() { return counter + 1 }
print(next())
```
"#;
    UndefinedFunction r#"A function was called that the program does not define.

```nyash
print(sqare(4))
```

Check the spelling; a method needs its box in front, and helpers of a library need their `using`:

```nyash
function square(n) { return n * n }
print(square(4))
```
"#;
    UndefinedBox r#"`new` named a box that neither the program nor a plugin provides.

```nyash
local m = new Matrix(3, 3)
```

Check the spelling, declare the box, or load the file or plugin that has it (`include "matrix.nyash"`):

```nyash
box Matrix { init { rows, columns } birth(r, c) { me.rows = r  me.columns = c } }
local m = new Matrix(3, 3)
```
"#;
    NoField r#"A field was read or written that the box does not declare.

```nyash
box Point { init { x, y } }
local p = new Point()
p.z = 3
```

The fields of a box are those it declares and those its own methods assign through `me`. Declare it:

```nyash
box Point { init { x, y, z } }
local p = new Point()
p.z = 3
```
"#;
    NoMethod r#"A method was called that the value does not have.

```nyash
print([1, 2, 3].count())
```

The message names the type of the value; `type_name()` tells it, too. Call what this type has:

```nyash
print([1, 2, 3].length())
```
"#;
    NullReference r#"A method or field of `null` or `void` was used: there is no box there.

```nyash
local users = %{ "ann" => 1 }
print(users.get("bob").abs())
```

`get` gives `null` for what is absent. Test for it, or name a default:

```nyash
local users = %{ "ann" => 1 }
print(users.get("bob").get_or_default(0).abs())
```
"#;
    DivisionByZero r#"An Integer was divided by the Integer zero, with `/` or with `%`.

```nyash
local n = 0
print(10 / n)
```

Test the divisor. Where an infinity is the answer you want, divide Floats:

```nyash
local n = 0
if n != 0 { print(10 / n) }
print(10.0 / n)               // inf
```
"#;
    IndexError r#"An element was stored at a position that the ArrayBox does not have.

```nyash
local a = [1, 2]
a[5] = 3
```

Existing positions can be set and the one after the last appends; nothing else. Reading outside gives `null`.

```nyash
local a = [1, 2]
a.push(3)
```
"#;
    MathError r#"A mathematical function has no result for its argument.

```nyash
print((0.0 - 4.0).sqrt())
```

Square roots need a number that is not negative, logarithms a positive one, and conversions to Integer a number
between -2^63 and 2^63 - 1. Test before the call:

```nyash
local x = -4.0
if x >= 0 { print(x.sqrt()) }
```
"#;
    ParseError r#"A text that should be JSON, a pattern or a date is not one. The message says where it stops making sense.

```nyash
local d = new JSONBox("{ name: 1 }")
```

JSON wants quoted keys. Where the text comes from outside, catch the error:

```nyash
local text = "{ name: 1 }"
try { print(new JSONBox(text).get("name")) }
catch (ParseError e) { print("bad document: " + e) }
```
"#;
    Visibility r#"Code outside of a box touched a field that the box keeps private.

```nyash
box Account { private { balance } birth() { me.balance = 0 } }
print(new Account().balance)
```

Ask the box through a method, or list the field as public:

```nyash
box Account { private { balance } birth() { me.balance = 0 } total() { return me.balance } }
```
"#;
    UseAfterFini r#"A box was used after its `fini`: its fields are gone.

```nyash
box Connection { send(text) { print(text) } }
local c = new Connection()
c.fini()
c.send("hello")
```

`fini` is the end of a box. Use it before, or hold it in a weak field, which reads as `null` afterwards:

```nyash
box Connection { send(text) { print(text) } }
local c = new Connection()
c.send("hello")
c.fini()
```
"#;
    WeakFini r#"`fini` was called through a weak field. A weak field does not own its target, so it may not end it.

```nyash
box Parent { }
box Child { weak parent  close() { me.parent.fini() } }
local p = new Parent()
local c = new Child()
c.parent = p
c.close()
```

Let the owner end it: here that is `p.fini()`.
"#;
    DelegationError r#"`from P.m()` reached a parent that cannot carry it out. The compiler refuses what it can see, such as a parent
that is none; this error is for parents whose methods are known only at run time.

```nyash
box Speaker { talk() { print("hello") } }
box Loud { talk() { from Speaker.talk() } }
```

`P` must be a direct parent of the box in whose text the call stands:

```nyash
box Speaker { talk() { print("hello") } }
box Loud from Speaker { talk() { from Speaker.talk() } }
```
"#;
    ModuleError r#"A module was found but could not be used. A missing module or file is refused before the program starts.

```nyash
using tools.text as T
```

Look at `[modules]` in `nyash.toml`, and check that the file has a static box with that name:

```toml
[modules]
"tools.text" = "lib/text.nyash"
```
"#;
    StaticCycle r#"Two static boxes need each other while they are being set up.

```nyash
static box A { init { v } static { me.v = B.v } }
static box B { init { v } static { me.v = A.v } }
print(A.v)
```

Give one of them a value that does not depend on the other, or compute it in a method when it is first asked for.
"#;
    StackOverflow r#"Calls nest deeper than the limit (`--max-depth`).

```nyash
function down(n) { return down(n - 1) }
down(10)
```

Usually a recursion without an end. Give it one, or turn it into a loop:

```nyash
function down(n) { if n <= 0 { return 0 }  return down(n - 1) }
```
"#;
    OutOfMemory r#"The heap of the program is full (`--max-heap`).

```nyash
local a = []
loop { a.push("x".repeat(1000000)) }
```

Drop what is no longer needed (a variable that goes out of scope, `clear()`), or allow more: `--max-heap 2G`.
"#;
    AssertionFailed r#"The condition of an `assert` was false. The message is its second argument or the text of the condition.

```nyash
local total = 3
assert(total == 4, "three and one are four")
```

Find out which side is wrong: the condition or what it looks at.
"#;
    PluginError r#"A plugin reported a failure or could not be asked. The message carries the plugin's own words.

```nyash
local f = new FileBox()
f.open("missing.txt", "r")
```

Check what was passed to it, and that the plugin is listed in `nyash.toml`. Catch the error where failing is normal:

```nyash
try { new FileBox().open("missing.txt", "r") }
catch (PluginError e) { print("cannot open: " + e) }
```
"#;
    Deadlock r#"All tasks wait for each other, so none can go on. It is raised in the main task.

```nyash
box Pair { init { a, b } }
function first(p) { return await p.b }
function second(p) { return await p.a }
local p = new Pair()
nowait a = first(p)
nowait b = second(p)
p.a = a
p.b = b
await a
```

Let one of them finish without the other: pass results forward instead of awaiting in a circle.
"#;
}

#[cfg(test)]
mod tests {
    use super::ErrorKind;

    #[test]
    fn every_kind_has_a_page_with_an_example() {
        for kind in ErrorKind::ALL {
            let page = kind.page();
            assert!(page.contains("```"), "{} has no example", kind.name());
            assert!(page.matches("```").count().is_multiple_of(2), "{} has an open fence", kind.name());
            assert!(!page.starts_with(char::is_whitespace) && page.ends_with('\n'), "{}", kind.name());
        }
    }
}
