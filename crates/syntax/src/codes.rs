//! The table of compile-time codes: name, severity, title. The page of a code for `nyash explain` is
//! `pages/CODE.md`. Codes of run-time errors are the kinds of `nyrt::error`.

use crate::diag::Severity;

macro_rules! codes {
    ($($code:ident $severity:ident $title:literal;)*) => {
        /// A compile-time diagnostic code.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code { $(#[doc = $title] $code),* }
        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$code),*];
            /// As the user types it.
            pub fn name(self) -> &'static str { match self { $(Code::$code => stringify!($code)),* } }
            /// What it is about, in a few words.
            pub fn title(self) -> &'static str { match self { $(Code::$code => $title),* } }
            /// How serious it is.
            pub fn severity(self) -> Severity { match self { $(Code::$code => Severity::$severity),* } }
            /// The text of `nyash explain`, Markdown.
            pub fn page(self) -> &'static str { match self { $(Code::$code => include_str!(concat!("pages/", stringify!($code), ".md"))),* } }
            /// The code with this name, in any case.
            pub fn find(name: &str) -> Option<Code> { Code::ALL.iter().copied().find(|c| c.name().eq_ignore_ascii_case(name)) }
        }
    };
}

codes! {
    // E01xx: characters, literals
    E0101 Error "unexpected character";
    E0102 Error "unterminated string";
    E0103 Error "unterminated comment";
    E0104 Error "malformed number";
    E0105 Error "number too large";
    E0106 Error "malformed escape";
    E0107 Error "source is not UTF-8";
    E0108 Error "source too large";
    // E02xx: grammar
    E0201 Error "syntax error";
    E0202 Error "nesting too deep";
    E0203 Error "not an assignable place";
    E0204 Error "missing closing bracket";
    E0205 Error "`from` needs a method";
    E0206 Error "reserved word used as a name";
    E0207 Error "statements not separated";
    E0208 Error "unknown operator";
    E0209 Error "unknown keyword";
    E0210 Error "misplaced declaration";
    // E03xx: names and scopes
    E0301 Error "assignment to undeclared variable";
    E0302 Error "undefined name";
    E0303 Error "`me` outside a method";
    E0304 Error "`break` or `continue` outside a loop";
    E0305 Error "control flow out of a `fini` block";
    // E04xx: boxes
    E0401 Error "unknown parent";
    E0402 Error "unknown interface";
    E0403 Error "interface not implemented";
    E0404 Error "interface used as a parent";
    E0405 Error "`override` without target";
    E0406 Error "cyclic parents";
    E0407 Error "duplicate constructor";
    E0408 Error "`new` of an interface";
    E0409 Error "not a direct parent";
    E0410 Error "wrong number of type arguments";
    E0411 Error "no such field";
    E0412 Error "constructor marked `override`";
    E0413 Error "duplicate declaration";
    E0414 Error "unknown box";
    E0415 Error "wrong number of arguments";
    // E05xx: modules
    E0501 Error "file not found";
    E0502 Error "unknown module";
    E0503 Error "file cannot be read";
    // W06xx: warnings
    W0601 Warning "parent's method hidden without `override`";
    W0602 Warning "`new` of a static box";
    W0603 Warning "`main` of a box that is not static";
}
