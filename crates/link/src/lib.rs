//! Puts a program into a runtime: classes, names, literals, globals.
