//! Makes a program small while something stays true of it: pieces of its tree are taken out or replaced by smaller
//! ones. It does not know what the something is.

use std::ops::Range;
use std::time::Instant;
use syntax::ast::{Ast, BlockId, ExprId, ExprKind, List, Member, StmtKind};
use syntax::intern::Interner;
use syntax::span::Span;

/// Whether a text still shows what is looked for.
pub type Check<'a> = &'a mut dyn FnMut(&str) -> bool;

/// The smallest text that was found until `end`. Comments at the beginning stay.
pub fn reduce(text: &str, end: Instant, check: Check<'_>) -> String {
    let mut best = Best { text: text.to_owned(), end, check };
    loop {
        let before = best.text.len();
        best.remove_runs(lines);
        best.remove_lists();
        best.replace(unwrapped);
        best.replace(smaller_expressions);
        if best.text.len() >= before || Instant::now() > end {
            break;
        }
    }
    best.remove_runs(blank_lines);
    best.text
}

/// A piece of text and what stands there instead.
struct Edit {
    at: Range<usize>,
    text: String,
}

struct Best<'a> {
    text: String,
    end: Instant,
    check: Check<'a>,
}

impl Best<'_> {
    fn over(&self) -> bool {
        Instant::now() > self.end
    }

    /// Takes a candidate if it is smaller and still shows it.
    fn take(&mut self, candidate: String) -> bool {
        let good = candidate.len() < self.text.len() && (self.check)(&candidate);
        if good {
            self.text = candidate;
        }
        good
    }

    fn without(&self, parts: &[Range<usize>]) -> String {
        let mut out = String::new();
        let mut at = 0;
        for part in parts {
            out.push_str(self.text.get(at..part.start).unwrap_or(""));
            at = part.end.max(at);
        }
        out.push_str(self.text.get(at..).unwrap_or(""));
        out
    }

    /// Removes runs of the pieces that `split` finds, long ones first.
    fn remove_runs(&mut self, split: fn(&str) -> Vec<Range<usize>>) {
        let mut size = split(&self.text).len();
        while size > 0 && !self.over() {
            let mut at = 0;
            loop {
                let pieces = split(&self.text);
                if at >= pieces.len() || self.over() {
                    break;
                }
                let run = &pieces[at..(at + size).min(pieces.len())];
                let candidate = self.without(run);
                if !self.take(candidate) {
                    at += size;
                }
            }
            size /= 2;
        }
    }

    /// Removes runs of statements and members, in every list of the tree, outer ones first.
    fn remove_lists(&mut self) {
        let mut which = 0;
        loop {
            let all = lists(&self.text);
            let Some(list) = all.get(which) else { return };
            let mut size = list.len();
            while size > 0 && !self.over() {
                let mut at = 0;
                loop {
                    let all = lists(&self.text);
                    let Some(list) = all.get(which) else { return };
                    if at >= list.len() || self.over() {
                        break;
                    }
                    let candidate = self.without(&list[at..(at + size).min(list.len())]);
                    if !self.take(candidate) {
                        at += size;
                    }
                }
                size /= 2;
            }
            if self.over() {
                return;
            }
            which += 1;
        }
    }

    /// Tries the edits that `find` proposes.
    fn replace(&mut self, find: fn(&str) -> Vec<Edit>) {
        let mut at = 0;
        loop {
            let edits = find(&self.text);
            let Some(edit) = edits.get(at) else { return };
            let mut candidate = self.text.clone();
            candidate.replace_range(edit.at.clone(), &edit.text);
            if !self.take(candidate) {
                at += 1;
            }
            if self.over() {
                return;
            }
        }
    }
}

/// Lines; the comments at the beginning are not among them.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut out = Vec::new();
    for line in text.split_inclusive('\n') {
        if !(out.is_empty() && line.starts_with("//")) {
            out.push(at..at + line.len());
        }
        at += line.len();
    }
    out
}

fn blank_lines(text: &str) -> Vec<Range<usize>> {
    lines(text).into_iter().filter(|l| text[l.clone()].trim().is_empty()).collect()
}

/// The tree of a text without errors.
fn tree(text: &str) -> Option<Ast> {
    let parsed = syntax::parse(text, 0, &mut Interner::default());
    (!parsed.has_errors()).then_some(parsed.ast)
}

fn range(span: Span) -> Range<usize> {
    span.lo as usize..span.hi as usize
}

/// Where statements and members stand, by list.
fn lists(text: &str) -> Vec<Vec<Range<usize>>> {
    let Some(ast) = tree(text) else { return Vec::new() };
    let statements = |list: List| ast.stmt_list(list).iter().map(|s| range(ast.stmt(*s).span)).collect();
    let mut out: Vec<Vec<Range<usize>>> = vec![statements(ast.items)];
    for decl in &ast.boxes {
        out.push(decl.members.iter().map(|m| member(&ast, m)).collect());
    }
    out.extend(ast.blocks.iter().map(|b| statements(b.stmts)));
    for list in &mut out {
        list.retain(|r| !r.is_empty());
        list.sort_by_key(|r| r.start);
    }
    // Long texts first.
    out.sort_by_key(|list| std::cmp::Reverse(list.iter().map(|r| r.len()).sum::<usize>()));
    out
}

fn member(ast: &Ast, member: &Member) -> Range<usize> {
    match member {
        Member::Field { name, value, .. } => {
            let end = value.map_or(name.span.hi, |v| ast.expr(v).span.hi);
            name.span.lo as usize..end as usize
        }
        Member::StaticBlock(block) => range(ast.block(*block).span),
        Member::Constructor(func) => range(ast.func(*func).span),
        Member::Method { func, is_override, .. } => {
            let span = ast.func(*func).span;
            let start = is_override.map_or(span.lo, |o| o.lo.min(span.lo));
            start as usize..span.hi as usize
        }
        Member::Signature { name, .. } => range(name.span),
    }
}

/// Statements replaced by what is in their blocks.
fn unwrapped(text: &str) -> Vec<Edit> {
    let Some(ast) = tree(text) else { return Vec::new() };
    let mut out = Vec::new();
    for stmt in &ast.stmts {
        let blocks: Vec<BlockId> = match stmt.kind {
            StmtKind::Block(b) | StmtKind::Fini(b) => vec![b],
            StmtKind::If { then, els, .. } => [Some(then), els].into_iter().flatten().collect(),
            StmtKind::Loop { body, .. } => vec![body],
            StmtKind::Try(id) => {
                let t = &ast.tries[id.index()];
                let mut list = vec![t.body];
                list.extend(t.catches.iter().map(|c| c.body));
                list.extend(t.finally);
                list
            }
            _ => continue,
        };
        for block in blocks {
            let span = range(ast.block(block).span);
            let whole = text.get(span).unwrap_or("");
            let inside = whole.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(whole);
            out.push(Edit { at: range(stmt.span), text: inside.trim().to_owned() });
        }
    }
    out.sort_by_key(|e| std::cmp::Reverse(e.at.len()));
    out
}

/// Expressions replaced by a part of them or by a literal.
fn smaller_expressions(text: &str) -> Vec<Edit> {
    let Some(ast) = tree(text) else { return Vec::new() };
    let mut out = Vec::new();
    for expr in &ast.exprs {
        let at = range(expr.span);
        for part in parts(&ast, &expr.kind) {
            let inner = text.get(range(ast.expr(part).span)).unwrap_or("");
            out.push(Edit { at: at.clone(), text: inner.to_owned() });
        }
        let values: &[&str] = match expr.kind {
            ExprKind::Array(list) if list.len > 0 => &["[]"],
            ExprKind::Map(list) if list.len > 0 => &["%{}"],
            ExprKind::Str(_) => &["\"\""],
            ExprKind::Int(n) if n > 1 => &["0", "1", "2", "9", "99"],
            ExprKind::Int(_) | ExprKind::Bool(_) | ExprKind::Null | ExprKind::Void | ExprKind::Me => continue,
            _ => &["0", "null"],
        };
        out.extend(values.iter().map(|v| Edit { at: at.clone(), text: (*v).to_owned() }));
    }
    out.retain(|e| e.text.len() < e.at.len());
    out.sort_by_key(|e| std::cmp::Reverse(e.at.len() - e.text.len()));
    out
}

/// The expressions in an expression.
fn parts(ast: &Ast, kind: &ExprKind) -> Vec<ExprId> {
    let list = |list: &List| ast.expr_list(*list).to_vec();
    match kind {
        ExprKind::Unary(_, a) | ExprKind::Await(a) | ExprKind::Weak(a) | ExprKind::Field(a, _) => vec![*a],
        ExprKind::Binary(_, a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Index(a, b) => {
            vec![*a, *b]
        }
        ExprKind::Call(a, args) | ExprKind::MethodCall(a, _, args) => {
            let mut all = vec![*a];
            all.extend(list(args));
            all
        }
        ExprKind::New { args, .. } | ExprKind::From { args, .. } => list(args),
        ExprKind::Array(items) | ExprKind::Map(items) => list(items),
        ExprKind::Match(id) => vec![ast.matches[id.index()].subject],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_matters_stays_and_little_else() {
        let program = crate::generate::program(1, 3);
        let text = program.text.replacen("print(\"finis", "print((1 + 2) * needle(3))\nprint(\"finis", 1);
        let end = Instant::now() + Duration::from_secs(60);
        let small = reduce(&text, end, &mut |t| tree(t).is_some() && t.contains("needle("));
        let code: Vec<&str> = small.lines().filter(|l| !l.starts_with("//")).collect();
        // `print` is a statement, so the call cannot stand without it.
        assert_eq!(code.concat().trim(), "print(needle(3))", "{small}");
    }

    #[test]
    fn pieces_of_trees_are_found() {
        let text = "box B { a = 1 m() { return 1 } }\nif x { print(1) } else { print(2) }\n";
        let all = lists(text);
        assert!(all.iter().any(|l| l.iter().any(|r| &text[r.clone()] == "m() { return 1 }")));
        let insides: Vec<String> = unwrapped(text).into_iter().map(|e| e.text).collect();
        assert_eq!(insides, ["print(1)", "print(2)"]);
    }
}
