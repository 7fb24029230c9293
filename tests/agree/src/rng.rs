//! Reproducible random numbers (SplitMix64): the same seed gives the same inputs on every machine.

/// A generator.
pub struct Rng(u64);

impl Rng {
    /// The generator of the `index`-th input of a run.
    pub fn new(seed: u64, index: u64) -> Rng {
        let mut rng = Rng(seed ^ index.wrapping_mul(0xD605_BBB5_8C8A_BBFD));
        rng.next();
        rng
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "it is no iterator, it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 for `n` = 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() % n as u64) as usize }
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// An entry of a list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// Up to about `most` random bytes, short ones more often.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let bound = self.below(most) + 1;
        let len = self.below(bound) + bound / 4;
        (0..len).map(|_| self.next() as u8).collect()
    }
}
