//! Declarations of boxes and their members.

use super::*;

impl Printer<'_> {
    pub(super) fn box_decl(&mut self, id: BoxId) {
        let ast = self.ast;
        let Some(decl) = ast.boxes.get(id.index()) else { return };
        if decl.is_static {
            self.text("static ");
        }
        if decl.is_interface {
            self.text("interface ");
        }
        self.text("box ");
        self.name(decl.name);
        self.type_args(decl.tparams);
        for (i, p) in decl.parents.iter().enumerate() {
            self.text(if i == 0 { " from " } else { ", " });
            self.name(p.name);
            self.type_args(p.targs);
        }
        for (i, n) in decl.interfaces.iter().enumerate() {
            self.text(if i == 0 { " interface " } else { ", " });
            self.name(*n);
        }
        self.text(" {");
        self.work.push(Work::Indent);
        let grouped =
            |m: &Member| matches!(m, Member::Field { visibility, .. } if *visibility != Visibility::Plain);
        if decl.has_groups && !decl.members.iter().any(grouped) {
            self.work.push(Work::Line);
            self.text("public { }");
        }
        for member in &decl.members {
            self.work.push(Work::Line);
            self.member(member);
        }
        self.work.push(Work::Outdent);
        self.work.push(Work::Line);
        self.text("}");
    }

    fn member(&mut self, member: &Member) {
        match *member {
            Member::Field { name, weak, visibility, value } => {
                self.text(match visibility {
                    // A bare field may begin with a word that means something in front of another.
                    Visibility::Plain if value.is_none() => "init { ",
                    Visibility::Plain => "",
                    Visibility::Public => "public { ",
                    Visibility::Private => "private { ",
                });
                if weak {
                    self.text("weak ");
                }
                self.name(name);
                match value {
                    Some(e) => {
                        self.text(" = ");
                        self.push(e, 0);
                    }
                    None => self.text(" }"),
                }
            }
            Member::StaticBlock(b) => {
                self.text("static ");
                self.block(b);
            }
            Member::Constructor(f) => {
                self.func_name(f);
                self.func_rest(f);
            }
            Member::Method { func, is_override, is_static } => {
                if is_override.is_some() {
                    self.text("override ");
                }
                if is_static {
                    self.text("static ");
                }
                self.func_name(func);
                self.func_rest(func);
            }
            Member::Signature { name, arity } => {
                self.name(name);
                let params: Vec<String> = (1..=arity).map(|i| format!("a{i}")).collect();
                self.text(format!("({})", params.join(", ")));
            }
        }
    }
}
