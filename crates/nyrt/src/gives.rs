//! What a builtin gives, and where it puts its arguments: the part of the table that an analysis of whole programs
//! reads. It does not know the functions; a test calls every row and compares.

use alloc::string::String;

use crate::builtin::{Builtin, class_name};
use crate::value::{ClassId, class_id};

/// One of the things that a row may give. A row has a list of them; its result is always one of the list.
///
/// *Receiver* and *argument* mean the values as the row sees them: where a row wants a builtin class, a user box with
/// that parent is seen as its content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    /// `void`
    Void,
    /// `null`
    Null,
    /// A Bool.
    Bool,
    /// An Integer.
    Int,
    /// How many elements, entries, characters or bytes the receiver has: an Integer from 0 to `u32::MAX`.
    Length,
    /// A Float.
    Float,
    /// An Integer when all arguments are Integers, otherwise a Float.
    Number,
    /// A String.
    Str,
    /// An array that nothing else refers to; its elements are any of these (of none: it is empty).
    ArrayOf(&'static [Gives]),
    /// An empty map that nothing else refers to.
    Map,
    /// An object of a builtin class that nothing else refers to.
    Instance(ClassId),
    /// The receiver itself.
    Recv,
    /// The first argument itself.
    First,
    /// What was an element of the receiver, an array, before the call.
    Elem,
    /// `null`, only when the first argument is no position in the receiver, an array.
    Outside,
    /// What was an element of the array that is the first argument.
    ElemOfFirst,
    /// What was a key of the receiver, a map.
    Key,
    /// What was a value of the receiver, a map.
    Value,
    /// What the receiver keeps in a field: an argument of its constructor that goes [`Store::Kept`], or what a program
    /// wrote to a field that it can see.
    Kept,
    /// What the receiver, a weak reference, refers to.
    Target,
    /// The result of the receiver, a future.
    Awaited,
    /// Anything.
    Any,
}

impl Gives {
    /// Words for the reference page; `first` is the name of the first parameter.
    fn words(self, out: &mut String, first: &str) {
        match self {
            Gives::Void => out.push_str("`void`"),
            Gives::Null | Gives::Outside => out.push_str("`null`"),
            Gives::Bool => out.push_str(class_name(class_id::BOOL)),
            Gives::Int | Gives::Length => out.push_str(class_name(class_id::INTEGER)),
            Gives::Float => out.push_str(class_name(class_id::FLOAT)),
            Gives::Number => out.push_str("number"),
            Gives::Str => out.push_str(class_name(class_id::STRING)),
            Gives::ArrayOf(elements) => {
                out.push_str(class_name(class_id::ARRAY));
                for (i, element) in elements.iter().enumerate() {
                    out.push_str(if i == 0 { " of " } else { " or " });
                    element.words(out, first);
                }
            }
            Gives::Map => out.push_str(class_name(class_id::MAP)),
            Gives::Instance(class) => out.push_str(class_name(class)),
            Gives::Recv => out.push_str("itself"),
            Gives::First => {
                out.push('`');
                out.push_str(first);
                out.push('`');
            }
            Gives::Elem => out.push_str("element"),
            Gives::ElemOfFirst => {
                out.push_str("element of `");
                out.push_str(first);
                out.push('`');
            }
            Gives::Key => out.push_str("key"),
            Gives::Value | Gives::Kept => out.push_str("value"),
            Gives::Target => out.push_str("the box"),
            Gives::Awaited => out.push_str("result"),
            Gives::Any => out.push_str("any"),
        }
    }
}

/// Where an argument goes, besides into the result. Arguments of parameters without such a word are only read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Store {
    /// It becomes an element of the receiver, an array.
    Elem,
    /// It becomes a key of the receiver, a map.
    Key,
    /// It becomes a value of the receiver, a map.
    Value,
    /// The object keeps it and gives it back ([`Gives::Kept`], or as a field).
    Kept,
    /// It becomes a JSON document or a part of one. Through JSONBoxes anything can be put into every array and
    /// map that can be reached from it, and everything that can be reached from it can come out.
    Document,
    /// Its elements become the elements of the array that is the first argument.
    ElemsToFirst,
}

impl Builtin {
    /// What the row gives, in words.
    pub fn result(&self) -> String {
        let first = self.params.first().map_or("", |param| param.name);
        let mut out = String::new();
        for (i, gives) in self.gives.iter().enumerate() {
            if i > 0 {
                out.push_str(" or ");
            }
            gives.words(&mut out, first);
        }
        out
    }
}
