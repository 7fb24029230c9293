//! Which page of the region is what: free, cells of one size class, or part of a large cell.
//!
//! Free pages form runs that are merged with their neighbours. It does not look into cells, except when the
//! heap is exhausted and empty pages of size classes are given back.

use alloc::vec::Vec;

use super::Heap;
use super::alloc::{BUMP_ENDS, BUMPS, CLASSES, FREE_HEADS, SIZES};
use super::cell::FREE_WORD;
use super::region::{OutOfMemory, PAGE, PAGE_SHIFT, REGION_MAX};
use crate::value::Ref;

/// Tag of a free page; small pages have their size class as tag.
pub(crate) const FREE: u8 = 0;
/// Tag of the first page of a large cell.
pub(crate) const LARGE: u8 = 254;
/// Tag of the other pages of a large cell.
pub(crate) const TAIL: u8 = 255;
/// Pages committed at once.
const COMMIT_PAGES: u32 = 16;

#[derive(Clone, Copy)]
struct Run {
    page: u32,
    len: u32,
}

/// The table of pages.
pub(crate) struct Pages {
    tags: Vec<u8>,
    /// Length of the large cell that starts at a page.
    runs: Vec<u32>,
    /// Sorted by page, never adjacent.
    free: Vec<Run>,
    committed: u32,
    reserved: u32,
    limit: u32,
    in_use: u32,
    peak: u32,
}

impl Pages {
    pub(crate) fn new(reserved: u32, limit: u32) -> Pages {
        // The first page holds guard and state.
        Pages {
            tags: alloc::vec![TAIL],
            runs: alloc::vec![0],
            free: Vec::new(),
            committed: 1,
            // The last page of a full region is left out: the offset behind it does not fit a reference.
            reserved: reserved.min((REGION_MAX >> PAGE_SHIFT) as u32 - 1),
            limit: limit.min(reserved),
            in_use: 1,
            peak: 1,
        }
    }
    #[inline(always)]
    pub(crate) fn tag(&self, page: u32) -> u8 {
        self.tags[page as usize]
    }
    pub(crate) fn run(&self, page: u32) -> u32 {
        self.runs[page as usize]
    }
    pub(crate) fn set_small(&mut self, page: u32, class: usize) {
        self.tags[page as usize] = class as u8;
    }
    pub(crate) fn set_large(&mut self, page: u32, n: u32) {
        self.tags[page as usize] = LARGE;
        self.tags[page as usize + 1..(page + n) as usize].fill(TAIL);
        self.runs[page as usize] = n;
    }
    /// Pages known so far.
    pub(crate) fn len(&self) -> u32 {
        self.tags.len() as u32
    }
    pub(crate) fn in_use(&self) -> u32 {
        self.in_use
    }
    pub(crate) fn peak(&self) -> u32 {
        self.peak
    }
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit.min(self.reserved);
    }
    fn used(&mut self, n: u32) {
        self.in_use += n;
        self.peak = self.peak.max(self.in_use);
    }
    /// The smallest free run of at least `n` pages.
    fn take_free(&mut self, n: u32) -> Option<u32> {
        let (at, _) = self.free.iter().enumerate().filter(|(_, r)| r.len >= n).min_by_key(|(_, r)| r.len)?;
        Some(self.cut(at, n))
    }
    fn cut(&mut self, at: usize, n: u32) -> u32 {
        let run = &mut self.free[at];
        let page = run.page;
        run.page += n;
        run.len -= n;
        if run.len == 0 {
            self.free.remove(at);
        }
        self.used(n);
        page
    }
    /// Gives pages back and merges them with free neighbours.
    pub(crate) fn put_run(&mut self, page: u32, n: u32) {
        self.tags[page as usize..(page + n) as usize].fill(FREE);
        self.in_use -= n;
        self.merge(page, n);
    }
    fn merge(&mut self, page: u32, n: u32) {
        let at = self.free.partition_point(|r| r.page < page);
        let joins_next = self.free.get(at).is_some_and(|r| r.page == page + n);
        let joins_prev = at > 0 && self.free[at - 1].page + self.free[at - 1].len == page;
        match (joins_prev, joins_next) {
            (true, true) => {
                self.free[at - 1].len += n + self.free[at].len;
                self.free.remove(at);
            }
            (true, false) => self.free[at - 1].len += n,
            (false, true) => {
                self.free[at].page = page;
                self.free[at].len += n;
            }
            (false, false) => self.free.insert(at, Run { page, len: n }),
        }
    }
}

impl Heap {
    /// `n` pages in a row, tagged by the caller.
    pub(crate) fn take_pages(&mut self, n: u32) -> Result<u32, OutOfMemory> {
        if let Some(page) = self.try_pages(n) {
            return Ok(page);
        }
        if self.reclaim_pages()
            && let Some(page) = self.try_pages(n)
        {
            return Ok(page);
        }
        if self.collect_silent() {
            if let Some(page) = self.try_pages(n) {
                return Ok(page);
            }
            if self.reclaim_pages()
                && let Some(page) = self.try_pages(n)
            {
                return Ok(page);
            }
        }
        Err(OutOfMemory)
    }

    fn try_pages(&mut self, n: u32) -> Option<u32> {
        if n > self.pages.limit.saturating_sub(self.pages.in_use) {
            return None;
        }
        self.note_growth(n);
        if let Some(page) = self.pages.take_free(n) {
            return Some(page);
        }
        // A free run at the end of what is committed is the start of the new pages.
        let ends_free = self.pages.free.last().filter(|r| r.page + r.len == self.pages.committed);
        let more = n - ends_free.map_or(0, |r| r.len);
        self.commit_pages(more)?;
        self.pages.take_free(n)
    }

    fn commit_pages(&mut self, more: u32) -> Option<()> {
        let room = self.pages.reserved - self.pages.committed;
        if more > room {
            return None;
        }
        let chunk = more.next_multiple_of(COMMIT_PAGES).min(room);
        let mut got = chunk;
        if !self.source.commit((self.pages.committed + chunk) as u64 * PAGE as u64) {
            got = more;
            if !self.source.commit((self.pages.committed + more) as u64 * PAGE as u64) {
                return None;
            }
        }
        let first = self.pages.committed;
        self.pages.committed += got;
        self.mem.set_end(self.pages.committed as u64 * PAGE as u64);
        self.pages.tags.resize(self.pages.committed as usize, FREE);
        self.pages.runs.resize(self.pages.committed as usize, 0);
        self.pages.merge(first, got);
        Some(())
    }

    /// Takes `n` pages at exactly this place, if they are free.
    pub(crate) fn take_pages_at(&mut self, page: u32, n: u32) -> bool {
        if n > self.pages.limit.saturating_sub(self.pages.in_use) {
            return false;
        }
        let Ok(at) = self.pages.free.binary_search_by_key(&page, |r| r.page) else { return false };
        if self.pages.free[at].len < n {
            return false;
        }
        self.note_growth(n);
        self.pages.cut(at, n);
        true
    }

    /// Turns pages whose cells are all free into free pages; whether there were any. Takes time in proportion
    /// to the free lists, so only an exhausted heap does it.
    #[cold]
    fn reclaim_pages(&mut self) -> bool {
        let mut free_cells = alloc::vec![0u32; self.pages.len() as usize];
        for class in 1..CLASSES {
            let mut cell = self.mem.get::<u32>(FREE_HEADS + 4 * class as u32);
            while cell != 0 {
                free_cells[(cell >> PAGE_SHIFT) as usize] += 1;
                cell = self.mem.get::<u32>(cell);
            }
        }
        let mut found = false;
        for page in 1..self.pages.len() {
            let class = self.pages.tag(page);
            // The class's current page has uncarved cells: its count of free ones is never full.
            if (1..LARGE).contains(&class) && free_cells[page as usize] == PAGE / SIZES[class as usize] {
                free_cells[page as usize] = u32::MAX;
                found = true;
            }
        }
        if !found {
            return false;
        }
        for class in 1..CLASSES {
            self.unlink_reclaimed(class, &free_cells);
        }
        for page in 1..self.pages.len() {
            if free_cells[page as usize] == u32::MAX {
                self.forget_candidates(page);
                self.pages.put_run(page, 1);
            }
        }
        true
    }

    fn unlink_reclaimed(&mut self, class: usize, free_cells: &[u32]) {
        let at = 4 * class as u32;
        let gone = |off: u32| free_cells[(off >> PAGE_SHIFT) as usize] == u32::MAX;
        let mut link = FREE_HEADS + at;
        loop {
            let cell = self.mem.get::<u32>(link);
            if cell == 0 {
                break;
            }
            if gone(cell) {
                self.mem.set::<u32>(link, self.mem.get::<u32>(cell));
            } else {
                link = cell;
            }
        }
        let bump = self.mem.get::<u32>(BUMPS + at);
        if bump != 0 && bump == self.mem.get::<u32>(BUMP_ENDS + at) {
            // Carved to its end: forget the page, which may just have been given back.
            self.mem.set::<u32>(BUMPS + at, 0);
            self.mem.set::<u32>(BUMP_ENDS + at, 0);
        }
    }

    /// Calls `f` for every live cell, storage included, in the order of addresses.
    pub(crate) fn each_cell(&self, mut f: impl FnMut(Ref)) {
        let mut page = 1;
        while page < self.pages.len() {
            let at = page << PAGE_SHIFT;
            match self.pages.tag(page) {
                FREE | TAIL => {}
                LARGE => f(Ref(at)),
                class => {
                    let size = SIZES[class as usize];
                    let bump = self.mem.get::<u32>(BUMPS + 4 * class as u32);
                    let end = self.mem.get::<u32>(BUMP_ENDS + 4 * class as u32);
                    let cells = if bump != end && bump >> PAGE_SHIFT == page {
                        (bump - at) / size
                    } else {
                        PAGE / size
                    };
                    for i in 0..cells {
                        let r = Ref(at + i * size);
                        if self.class_word(r) != FREE_WORD {
                            f(r);
                        }
                    }
                }
            }
            page += 1;
        }
    }
}
