//! Tokens: the kinds, their spelling, and which of them are trivia. It does not know how a token is
//! recognized (`lexer`) nor what a literal is worth (`parser::literal`).

use crate::span::Span;
use logos::Logos;

/// A token and where it stands. The tokens of a file, trivia included, cover its text without gaps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

macro_rules! kinds {
    (
        other { $( $(#[$ometa:meta])* $other:ident $odesc:literal; )* }
        punct { $( $punct:ident $ptext:literal; )* }
        words { $( $word:ident $wtext:literal; )* }
    ) => {
        /// What a token is.
        #[derive(Logos, Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum TokenKind {
            $( $(#[$ometa])* #[doc = $odesc] $other, )*
            $( #[token($ptext)] #[doc = concat!("`", $ptext, "`")] $punct, )*
            $( #[doc = concat!("`", $wtext, "`")] $word, )*
        }

        impl TokenKind {
            /// The reserved word with this spelling.
            pub fn keyword(text: &str) -> Option<TokenKind> {
                match text {
                    $( $wtext => Some(TokenKind::$word), )*
                    _ => None,
                }
            }

            /// Whether this is a reserved word.
            pub fn is_keyword(self) -> bool {
                matches!(self, $( TokenKind::$word )|*)
            }

            /// How messages call it: the spelling in backticks, or a few words.
            pub fn describe(self) -> &'static str {
                match self {
                    $( TokenKind::$other => $odesc, )*
                    $( TokenKind::$punct => concat!("`", $ptext, "`"), )*
                    $( TokenKind::$word => concat!("`", $wtext, "`"), )*
                }
            }

            /// The name used in dumps.
            pub fn name(self) -> &'static str {
                match self {
                    $( TokenKind::$other => stringify!($other), )*
                    $( TokenKind::$punct => stringify!($punct), )*
                    $( TokenKind::$word => stringify!($word), )*
                }
            }
        }

        /// The spellings of all reserved words.
        pub const KEYWORDS: &[&str] = &[$( $wtext ),*];
    };
}

kinds! {
    other {
        #[regex(r"[ \t\r]+")] Space "white space";
        #[token("\n")] Newline "line end";
        #[token("//")] #[token("#")] LineComment "comment";
        #[token("/*")] BlockComment "comment";
        #[regex(r"[^\x00-\x7F]", priority = 0)] Unknown "unknown character";
        #[regex(r"[A-Za-z_][A-Za-z0-9_]*")] Ident "name";
        #[regex(r"[0-9]+", priority = 9)] #[regex(r"0[xX][0-9a-fA-F]+", priority = 9)] Int "integer";
        #[regex(r"[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?", priority = 9)]
        #[regex(r"[0-9]+[eE][+-]?[0-9]+", priority = 9)]
        Float "number";
        #[regex(r"[0-9]+(\.[0-9]+)?[A-Za-z_][A-Za-z0-9_]*", priority = 5)]
        BadNumber "malformed number";
        #[token("\"")] #[token("'")] Str "string";
        Unterminated "unterminated string";
        Eof "end of file";
    }
    punct {
        Plus "+"; Minus "-"; Star "*"; Slash "/"; Percent "%";
        EqEq "=="; BangEq "!="; Lt "<"; Le "<="; Gt ">"; Ge ">=";
        AmpAmp "&&"; PipePipe "||"; Bang "!"; Tilde "~"; Amp "&"; Pipe "|"; Caret "^"; Shl "<<"; Shr ">>";
        Assign "="; PlusAssign "+="; MinusAssign "-="; StarAssign "*="; SlashAssign "/="; PercentAssign "%=";
        Dot "."; Comma ","; Colon ":"; Semi ";"; Question "?"; FatArrow "=>";
        LParen "("; RParen ")"; LBrace "{"; RBrace "}"; LBracket "["; RBracket "]"; MapOpen "%{";
    }
    words {
        Box "box"; Static "static"; Interface "interface"; From "from"; Override "override"; New "new";
        Me "me"; This "this"; Local "local"; Outbox "outbox"; Global "global"; Function "function"; Fn "fn";
        Print "print"; If "if"; Else "else"; Loop "loop"; While "while"; Break "break"; Continue "continue";
        Return "return"; Try "try"; Catch "catch"; Finally "finally"; Throw "throw"; Nowait "nowait";
        Await "await"; Include "include"; Using "using"; Match "match"; And "and"; Or "or"; Not "not";
        Weak "weak"; True "true"; False "false"; Null "null"; Void "void";
    }
}

impl TokenKind {
    /// Whether the grammar skips it. Unknown characters are reported by the lexer and skipped too.
    pub fn is_trivia(self) -> bool {
        matches!(
            self,
            TokenKind::Space
                | TokenKind::Newline
                | TokenKind::LineComment
                | TokenKind::BlockComment
                | TokenKind::Unknown
        )
    }

    /// Whether it is an identifier or a reserved word.
    pub fn is_word(self) -> bool {
        self == TokenKind::Ident || self.is_keyword()
    }
}
