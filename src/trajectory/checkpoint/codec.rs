//! Little-endian encoding of numbers, arrays and texts: every bit comes back, NaN payloads included.

/// Collects encoded values.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    /// What was encoded so far.
    pub(crate) bytes: Vec<u8>,
}

impl Encoder {
    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, value: f64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Length, then values.
    pub(crate) fn f64s(&mut self, values: &[f64]) {
        self.u64(values.len() as u64);
        values.iter().for_each(|&value| self.f64(value));
    }

    /// Length, then values.
    pub(crate) fn f32s(&mut self, values: &[f32]) {
        self.u64(values.len() as u64);
        for value in values {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// Presence, then what `encode` adds.
    pub(crate) fn option<T>(&mut self, value: Option<T>, encode: impl FnOnce(&mut Self, T)) {
        self.u64(u64::from(value.is_some()));
        if let Some(value) = value {
            encode(self, value);
        }
    }

    /// Length in bytes, then UTF-8.
    pub(crate) fn text(&mut self, text: &str) {
        self.u64(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

/// The bytes ended early or make no sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

/// Takes encoded values off in the order in which they were put.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    /// What is left.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Decoder<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(n).ok_or(Malformed)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn f64(&mut self) -> Result<f64> {
        self.array().map(f64::from_le_bytes)
    }

    /// A count of things that take at least `min_bytes` each, so that a wrong count cannot exhaust memory.
    pub(crate) fn count(&mut self, min_bytes: usize) -> Result<usize> {
        let count = usize::try_from(self.u64()?).map_err(|_| Malformed)?;
        match count.checked_mul(min_bytes) {
            Some(n_bytes) if n_bytes <= self.bytes.len() => Ok(count),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn f64s(&mut self) -> Result<Vec<f64>> {
        let count = self.count(size_of::<f64>())?;
        (0..count).map(|_| self.f64()).collect()
    }

    pub(crate) fn f32s(&mut self) -> Result<Vec<f32>> {
        let count = self.count(size_of::<f32>())?;
        (0..count)
            .map(|_| self.array().map(f32::from_le_bytes))
            .collect()
    }

    pub(crate) fn option<T>(
        &mut self,
        decode: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.u64()? {
            0 => Ok(None),
            1 => decode(self).map(Some),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        let count = self.count(1)?;
        String::from_utf8(self.take(count)?.to_vec()).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_payloads_come_back() {
        let odd = f64::from_bits(0x7ff8_dead_beef_0001);
        let mut encoder = Encoder::default();
        encoder.f64s(&[odd, -0.0]);
        let back = Decoder {
            bytes: &encoder.bytes,
        }
        .f64s()
        .unwrap();
        assert_eq!(back[0].to_bits(), odd.to_bits());
        assert_eq!(back[1].to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn absurd_counts_are_refused() {
        let mut encoder = Encoder::default();
        encoder.u64(u64::MAX);
        let mut decoder = Decoder {
            bytes: &encoder.bytes,
        };
        assert_eq!(decoder.f64s(), Err(Malformed));
    }
}
