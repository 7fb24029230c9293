//! What builtin boxes keep outside of the heap: objects hold an index, the heap says when an object has died.

use alloc::vec::Vec;

use rand_chacha::ChaCha8Rng;

use super::regex::Compiled;
use crate::heap::Heap;
use crate::names::Names;
use crate::value::{Name, class_id};

/// Things by index. Index 0 is none.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    things: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots { things: alloc::vec![None], free: Vec::new() }
    }
}

impl<T> Slots<T> {
    /// Keeps a thing; its index.
    pub(crate) fn add(&mut self, thing: T) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.things[index as usize] = Some(thing);
                index
            }
            None => {
                self.things.push(Some(thing));
                self.things.len() as u32 - 1
            }
        }
    }

    /// The thing of an index.
    pub(crate) fn get(&mut self, index: u32) -> Option<&mut T> {
        self.things.get_mut(index as usize)?.as_mut()
    }

    fn remove(&mut self, index: u32) {
        if let Some(place) = self.things.get_mut(index as usize)
            && place.take().is_some()
        {
            self.free.push(index);
        }
    }
}

/// Names of methods with rules of their own.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub(crate) to_string: Name,
    pub(crate) type_name: Name,
    pub(crate) equals: Name,
    pub(crate) fini: Name,
    pub(crate) is_null: Name,
    pub(crate) is_not_null: Name,
    pub(crate) get_or_default: Name,
    pub(crate) get: Name,
    pub(crate) set: Name,
}

/// What the builtin boxes of an isolate keep.
pub struct State {
    pub(crate) words: Words,
    pub(crate) generators: Slots<ChaCha8Rng>,
    pub(crate) patterns: Compiled,
}

impl State {
    /// Nothing kept yet.
    pub fn new(names: &mut Names) -> State {
        State {
            words: Words {
                to_string: names.intern("toString"),
                type_name: names.intern("type_name"),
                equals: names.intern("equals"),
                fini: names.intern("fini"),
                is_null: names.intern("is_null"),
                is_not_null: names.intern("is_not_null"),
                get_or_default: names.intern("get_or_default"),
                get: names.intern("get"),
                set: names.intern("set"),
            },
            generators: Slots::default(),
            patterns: Compiled::default(),
        }
    }

    /// Drops the things whose objects have died. Called before another one is made, so dead ones do not pile up.
    pub(crate) fn sweep(&mut self, heap: &mut Heap) {
        while let Some((class, index)) = heap.take_dead_native() {
            if class == class_id::RANDOM {
                self.generators.remove(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn indices_are_used_again() {
        let mut slots = Slots::default();
        let (a, b) = (slots.add('a'), slots.add('b'));
        assert!(a != 0 && b != 0 && a != b);
        slots.remove(a);
        slots.remove(a);
        assert_eq!(slots.get(a), None);
        assert_eq!((slots.add('c'), slots.get(b).copied()), (a, Some('b')));
        assert_ne!(slots.add('d'), a);
        assert!(slots.get(0).is_none() && slots.get(99).is_none());
    }
}
