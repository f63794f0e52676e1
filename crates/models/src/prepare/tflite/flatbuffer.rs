//! Reading a flatbuffer: a file of tables that point at each other by offsets, none of which is trusted.
//!
//! A table begins with the way back to the list of its fields; the list says where in the table each field lies. What
//! does not fit into the table lies elsewhere in the file, behind an offset that counts from where it stands.

use super::super::PrepareError;

type Read<T> = Result<T, PrepareError>;

/// One table. Its fields are known by number, in the order of the schema.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    /// Name of its type in the schema, for errors.
    name: &'static str,
    file: &'a [u8],
    at: usize,
    /// From `at` on, all of it inside the file.
    bytes: usize,
    /// For each field where it lies in the table, 0 if it is left out.
    places: &'a [[u8; 2]],
}

impl<'a> Table<'a> {
    /// The table that a file begins with, after checking the mark of the file's type.
    pub(super) fn root(file: &'a [u8], mark: &[u8; 4], name: &'static str) -> Read<Self> {
        match array(file, 4)? == *mark {
            true => Self::at(file, follow(file, 0)?, name),
            false => Err(broken("it does not have the mark of its type")),
        }
    }

    fn at(file: &'a [u8], at: usize, name: &'static str) -> Read<Self> {
        let back = i64::from(i32::from_le_bytes(array(file, at)?));
        let list = (at as i64).checked_sub(back).and_then(|list| usize::try_from(list).ok());
        let list = list.ok_or_else(|| broken("a list of fields lies before the file"))?;
        let (list_bytes, bytes) = (short(file, list)?, short(file, list + 2)?);
        let list = slice(file, list, list_bytes)?;
        slice(file, at, bytes)?;
        let (places, half) = list.get(4..).ok_or_else(|| broken("a list of fields is too short"))?.as_chunks();
        match half {
            [] => Ok(Self { name, file, at, bytes, places }),
            _ => Err(broken("a list of fields ends inside one")),
        }
    }

    /// Refuses fields other than these: their meaning would be lost.
    pub(super) fn only(&self, known: &[usize]) -> Read<()> {
        let is_unknown =
            |(field, place): (usize, &[u8; 2])| (*place != [0; 2] && !known.contains(&field)).then_some(field);
        match self.places.iter().enumerate().find_map(is_unknown) {
            None => Ok(()),
            Some(field) => Err(PrepareError::UnknownField { message: self.name, field: field as u32 }),
        }
    }

    pub(super) fn int(&self, field: usize, default: i32) -> Read<i32> {
        Ok(self.scalar(field)?.map_or(default, i32::from_le_bytes))
    }

    pub(super) fn byte(&self, field: usize) -> Read<u8> {
        Ok(self.scalar(field)?.map_or(0, u8::from_le_bytes))
    }

    pub(super) fn table(&self, field: usize, name: &'static str) -> Read<Option<Self>> {
        let Some(place) = self.place(field, 4)? else { return Ok(None) };
        Self::at(self.file, follow(self.file, place)?, name).map(Some)
    }

    /// The tables of a list, which has at most this many.
    pub(super) fn tables(&self, field: usize, most: usize, name: &'static str) -> Read<Vec<Self>> {
        let Some((begin, list)) = self.list(field, 4)? else { return Ok(Vec::new()) };
        let count = list.len() / 4;
        if count > most {
            return Err(PrepareError::TooManyParts { parts_max: most });
        }
        (0..count).map(|nth| Self::at(self.file, follow(self.file, begin + 4 * nth)?, name)).collect()
    }

    /// The numbers of a list, which has at most this many.
    pub(super) fn ints(&self, field: usize, most: usize) -> Read<Vec<i32>> {
        let Some((_, list)) = self.list(field, 4)? else { return Ok(Vec::new()) };
        let (ints, _) = list.as_chunks();
        match ints.len() <= most {
            true => Ok(ints.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect()),
            false => Err(PrepareError::TooManyParts { parts_max: most }),
        }
    }

    /// The bytes of a list; none if it is left out.
    pub(super) fn bytes(&self, field: usize) -> Read<&'a [u8]> {
        Ok(self.list(field, 1)?.map_or(&[], |(_, bytes)| bytes))
    }

    /// A text, which has at most this many bytes: many tables may share one.
    pub(super) fn text(&self, field: usize, most: usize) -> Read<&'a str> {
        let text = self.bytes(field)?;
        match text.len() <= most {
            true => std::str::from_utf8(text).map_err(|_| broken("a text is not UTF-8")),
            false => Err(broken("a text is too long")),
        }
    }

    /// Where a list begins in the file, after its length, and all of it.
    fn list(&self, field: usize, item_bytes: usize) -> Read<Option<(usize, &'a [u8])>> {
        let Some(place) = self.place(field, 4)? else { return Ok(None) };
        let at = follow(self.file, place)?;
        let count = u32::from_le_bytes(array(self.file, at)?) as usize;
        let bytes = count.checked_mul(item_bytes).ok_or_else(|| broken("a list is too long"))?;
        Ok(Some((at + 4, slice(self.file, at + 4, bytes)?)))
    }

    fn scalar<const N: usize>(&self, field: usize) -> Read<Option<[u8; N]>> {
        self.place(field, N)?.map(|place| array(self.file, place)).transpose()
    }

    /// Where a field of so many bytes lies in the file, unless it is left out.
    fn place(&self, field: usize, bytes: usize) -> Read<Option<usize>> {
        let place = self.places.get(field).map_or(0, |place| usize::from(u16::from_le_bytes(*place)));
        match place {
            0 => Ok(None),
            // The first four bytes of a table are the way to the list of its fields.
            4.. if place + bytes <= self.bytes => Ok(Some(self.at + place)),
            _ => Err(broken("a field lies outside its table")),
        }
    }
}

/// Where the offset that stands here points to.
fn follow(file: &[u8], at: usize) -> Read<usize> {
    let offset = u32::from_le_bytes(array(file, at)?) as usize;
    at.checked_add(offset).filter(|&to| offset > 0 && to < file.len()).ok_or_else(|| broken("an offset leads nowhere"))
}

fn short(file: &[u8], at: usize) -> Read<usize> {
    Ok(usize::from(u16::from_le_bytes(array(file, at)?)))
}

fn array<const N: usize>(file: &[u8], at: usize) -> Read<[u8; N]> {
    slice(file, at, N)?.try_into().map_err(|_| broken("it ends inside a number"))
}

fn slice(file: &[u8], at: usize, bytes: usize) -> Read<&[u8]> {
    let content = file.get(at..).and_then(|rest| rest.get(..bytes));
    content.ok_or_else(|| broken("a part of it lies beyond its end"))
}

pub(super) fn broken(why: &str) -> PrepareError {
    PrepareError::NotFlatbuffer(why.to_owned())
}
