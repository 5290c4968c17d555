//! A small memory of what was expensive to make, bounded by bytes; the longest unused goes first.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Least recently used values by key. Shared by reference; every call is short.
pub struct ByteCache<K, V> {
    limit: usize,
    entries: Mutex<Entries<K, V>>,
}

struct Entries<K, V> {
    /// Oldest use first: key, value, bytes.
    queue: VecDeque<(K, V, usize)>,
    bytes: usize,
}

impl<K: PartialEq, V: Clone> ByteCache<K, V> {
    /// A cache that keeps at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, entries: Mutex::new(Entries { queue: VecDeque::new(), bytes: 0 }) }
    }

    /// The value of `key`, which then counts as just used.
    pub fn get(&self, key: &K) -> Option<V> {
        // A panic elsewhere leaves at worst a wrong count of bytes: go on.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.queue.iter().position(|(known, ..)| known == key)?;
        let entry = entries.queue.remove(at)?;
        let value = entry.1.clone();
        entries.queue.push_back(entry);
        Some(value)
    }

    /// Keeps `value`, which takes `bytes`; a value larger than the whole cache is not kept.
    pub fn put(&self, key: K, value: V, bytes: usize) {
        if bytes > self.limit {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = entries.queue.iter().position(|(known, ..)| *known == key)
            && let Some((.., old)) = entries.queue.remove(at)
        {
            entries.bytes -= old;
        }
        while entries.bytes + bytes > self.limit {
            let Some((.., old)) = entries.queue.pop_front() else { break };
            entries.bytes -= old;
        }
        entries.bytes += bytes;
        entries.queue.push_back((key, value, bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_goes_first() {
        let cache = ByteCache::new(10);
        cache.put("a", 1, 4);
        cache.put("b", 2, 4);
        assert_eq!(cache.get(&"a"), Some(1));
        cache.put("c", 3, 4);
        assert_eq!((cache.get(&"a"), cache.get(&"b"), cache.get(&"c")), (Some(1), None, Some(3)));
        cache.put("whale", 4, 11);
        assert_eq!(cache.get(&"whale"), None);
        cache.put("a", 5, 9);
        assert_eq!((cache.get(&"a"), cache.get(&"c")), (Some(5), None));
    }
}
