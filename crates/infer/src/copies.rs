//! What is a copy of what, and what for: for people who read facts. It does not know why something was copied.

use mir::inst::{ClassIx, FuncId};
use syntax::span::Span;

/// What is a copy of what. Programs without copies have no rows here.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    pub(crate) funcs: Numbered,
    pub(crate) classes: Numbered,
    /// The places that copies were made for, each with the one for which the copy was made in which it lies. The first stands
    /// for none.
    pub(crate) places: Vec<(Span, u32)>,
}

/// Functions or classes, each with its number among those that are copies of the same.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    /// What it is a copy of, itself for originals; its number, from 1; the row of [`Copies::places`] that it was made for.
    all: Vec<(usize, usize, u32)>,
    /// By original, how many there are of it, with itself.
    counts: Vec<usize>,
}

impl Numbered {
    /// Of what each is a copy of, and what it was made for.
    pub(crate) fn new(origins: impl Iterator<Item = (usize, u32)>) -> Numbered {
        let mut counts = Vec::new();
        let number = |(origin, place): (usize, u32)| {
            if counts.len() <= origin {
                counts.resize(origin + 1, 0);
            }
            counts[origin] += 1;
            (origin, counts[origin], place)
        };
        Numbered { all: origins.map(number).collect(), counts }
    }
}

/// Which copy of something it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CopyOf {
    /// Its number, from 1, which is the original.
    pub(crate) number: usize,
    /// How many there are, with the original.
    pub(crate) of: usize,
    /// The first place that it was made for, behind it the place that the code around that was copied for, and so on; none for
    /// the original. Places that fill a box alike share a copy; the original serves the first place and all that got no copy.
    pub(crate) places: Vec<Span>,
}

impl Copies {
    /// Which copy a function is; nothing when there is only one of it.
    pub(crate) fn func(&self, id: FuncId) -> Option<CopyOf> {
        self.find(&self.funcs, id.index())
    }

    /// The same for a class.
    pub(crate) fn class(&self, id: ClassIx) -> Option<CopyOf> {
        self.find(&self.classes, id.index())
    }

    fn find(&self, numbered: &Numbered, at: usize) -> Option<CopyOf> {
        let (origin, number, mut place) = *numbered.all.get(at)?;
        let of = numbered.counts.get(origin).copied().filter(|of| *of > 1)?;
        let mut places = Vec::new();
        while place != 0 {
            let (span, outer) = self.places.get(place as usize)?;
            places.push(*span);
            place = *outer;
        }
        Some(CopyOf { number, of, places })
    }
}
