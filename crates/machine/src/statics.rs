//! The instances of static boxes: made when the box is first used. Who uses which box, MIR says.

use mir::inst::ClassIx;
use nyrt::error::ErrorKind;
use nyrt::rt::Root;
use nyrt::value::{Ref, Value};

use crate::Machine;
use crate::frame::Role;
use crate::generic::Did;

impl Machine {
    /// The finished instance of a static box.
    #[inline(always)]
    pub fn static_instance(&self, class: ClassIx) -> Option<Value> {
        let found = self.rt.static_box(self.linked.class(class));
        found.instance.filter(|_| !found.building)
    }

    /// `get_static` of a box that has no finished instance.
    #[cold]
    pub(crate) fn static_box(&mut self, class: ClassIx) -> Did {
        let id = self.linked.class(class);
        if let Some(instance) = self.rt.static_box(id).instance {
            // Its own set-up sees the half-built instance. So do other tasks, which run while the set-up waits.
            let own = self.task.statics.last() == Some(&class) || !self.task.statics.contains(&class);
            if own {
                return Did::Value(instance);
            }
            let text = format!("Static box {} needs itself while it is set up", self.rt.class_name(id));
            return Did::Trap(self.rt.raise(ErrorKind::StaticCycle, &text));
        }
        let Ok(instance) = self.rt.heap.obj_new(id) else {
            return Did::Trap(self.out_of_memory());
        };
        self.rt.begin_static(id, instance);
        let Some(init) = self.linked.program.class(class).static_init else {
            self.rt.end_static(id);
            return Did::Entered;
        };
        self.task.statics.push(class);
        match self.enter(link::func_id(init), &[instance], Ref::NONE, Role::Static) {
            Ok(()) => Did::Entered,
            Err(trap) => {
                self.static_failed();
                Did::Trap(trap)
            }
        }
    }

    /// The set-up has returned.
    pub(crate) fn static_done(&mut self) {
        if let Some(class) = self.task.statics.pop() {
            let id = self.linked.class(class);
            self.rt.end_static(id);
        }
    }

    /// The set-up threw: the box is as if it had never been used.
    pub(crate) fn static_failed(&mut self) {
        let Some(class) = self.task.statics.pop() else { return };
        let id = self.linked.class(class);
        self.rt.end_static(id);
        self.rt.made.retain(|root| *root != Root::Static(id));
        let instance = self.rt.statics.get_mut(id.0 as usize).and_then(|s| s.instance.take());
        self.rt.heap.discard(instance.unwrap_or(Value::VOID));
    }
}
