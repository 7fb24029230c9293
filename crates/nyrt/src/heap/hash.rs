//! Hashing of map keys and strings, the same on every target: SipHash-1-3 of texts, a multiplication of keys that are
//! one word. It is keyed so that collisions cannot be computed from a textbook, and fixed so that runs repeat exactly.

const KEY: [u64; 2] = [0x6e79_6173_685f_6b30, 0x9d3f_5a01_c4e7_82b6];

struct Sip {
    v: [u64; 4],
}

impl Sip {
    #[inline(always)]
    fn new() -> Sip {
        Sip {
            v: [
                KEY[0] ^ 0x736f_6d65_7073_6575,
                KEY[1] ^ 0x646f_7261_6e64_6f6d,
                KEY[0] ^ 0x6c79_6765_6e65_7261,
                KEY[1] ^ 0x7465_6462_7974_6573,
            ],
        }
    }
    #[inline(always)]
    fn round(&mut self) {
        let v = &mut self.v;
        v[0] = v[0].wrapping_add(v[1]);
        v[2] = v[2].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[1]);
        v[0] = v[0].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].rotate_left(32);
    }
    #[inline(always)]
    fn word(&mut self, m: u64) {
        self.v[3] ^= m;
        self.round();
        self.v[0] ^= m;
    }
    #[inline(always)]
    fn finish(mut self) -> u64 {
        self.v[2] ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.v[0] ^ self.v[1] ^ self.v[2] ^ self.v[3]
    }
}

/// SipHash-1-3 of bytes under the fixed key.
pub fn bytes(data: &[u8]) -> u64 {
    let mut sip = Sip::new();
    let mut chunks = data.chunks_exact(8);
    for c in &mut chunks {
        let mut w = [0; 8];
        w.copy_from_slice(c);
        sip.word(u64::from_le_bytes(w));
    }
    let mut last = [0; 8];
    let rest = chunks.remainder();
    last[..rest.len()].copy_from_slice(rest);
    last[7] = data.len() as u8;
    sip.word(u64::from_le_bytes(last));
    sip.finish()
}

/// Hash of a key that is one word (integers, booleans, identities); `kind` keeps equal payloads apart. A product of
/// twice the width, folded: every bit of the payload reaches the low bits, for the price of one multiplication.
#[inline]
pub fn word(kind: u8, payload: u64) -> u32 {
    let product = (payload ^ KEY[0] ^ (kind as u64) << 56) as u128 * (KEY[1] | 1) as u128;
    let h = product as u64 ^ (product >> 64) as u64;
    h as u32 ^ (h >> 32) as u32
}

/// Hash of a text as strings keep it: never 0.
pub fn text(data: &[u8]) -> u32 {
    let h = bytes(data);
    (h as u32 ^ (h >> 32) as u32).max(1)
}

#[cfg(test)]
mod tests {
    /// Keys in rows, by powers of two, and by kinds fill the places of a table about as well as random ones: with twice
    /// as many places as keys, random keys leave three of five empty and few places get more than six.
    #[test]
    fn words_are_spread() {
        type Row = (&'static str, fn(u64) -> u64);
        let rows: [Row; 5] = [
            ("one by one", |i| i),
            ("by 8", |i| i * 8),
            ("by 4096", |i| i << 12),
            ("by 2^40", |i| i << 40),
            ("below zero", |i| 0u64.wrapping_sub(i)),
        ];
        for (name, key) in rows {
            let mut places = [0u32; 2048];
            for i in 0..1024 {
                places[super::word(3, key(i)) as usize % 2048] += 1;
            }
            let (used, most) = (places.iter().filter(|n| **n > 0).count(), places.iter().max());
            assert!(used > 700 && most <= Some(&7), "{name}: {used} places, {most:?} in one");
        }
        assert_ne!(super::word(2, 1), super::word(3, 1));
    }

    #[test]
    fn agrees_with_the_reference_construction() {
        // SipHash-1-3 written out in the order of its paper.
        let data: [u8; 11] = *b"hello world";
        let (k0, k1) = (super::KEY[0], super::KEY[1]);
        let words =
            [u64::from_le_bytes(*b"hello wo"), u64::from_le_bytes([b'r', b'l', b'd', 0, 0, 0, 0, 11])];
        let mut v = [
            k0 ^ 0x736f6d6570736575,
            k1 ^ 0x646f72616e646f6d,
            k0 ^ 0x6c7967656e657261,
            k1 ^ 0x7465646279746573,
        ];
        fn round(v: &mut [u64; 4]) {
            let [a, b, c, d] = v;
            *a = a.wrapping_add(*b);
            *b = b.rotate_left(13) ^ *a;
            *a = a.rotate_left(32);
            *c = c.wrapping_add(*d);
            *d = d.rotate_left(16) ^ *c;
            *a = a.wrapping_add(*d);
            *d = d.rotate_left(21) ^ *a;
            *c = c.wrapping_add(*b);
            *b = b.rotate_left(17) ^ *c;
            *c = c.rotate_left(32);
        }
        for w in words {
            v[3] ^= w;
            round(&mut v);
            v[0] ^= w;
        }
        v[2] ^= 0xff;
        for _ in 0..3 {
            round(&mut v);
        }
        assert_eq!(super::bytes(&data), v[0] ^ v[1] ^ v[2] ^ v[3]);
    }
}
