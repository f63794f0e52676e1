//! From the text of `perf script` to stacks of functions.

/// The crate that binds the inference library: how it calls it is its own affair, and one frame.
const BINDING: &str = "ort";

/// Code of the inference library has no names: it is one frame.
const RUNTIME: (&str, &str) = ("libonnxruntime", "ONNX Runtime");

/// Digits of the hash at the end of a function's name.
const HASH_DIGITS: usize = 16;

/// How many samples away a neighbour may be that tells whose a sample without callers is: ten milliseconds and more are between
/// one inference and the next, and a sample is taken every two.
const NEIGHBOUR_SAMPLES_MAX: usize = 8;

/// What a sample tells.
enum Sample {
    /// Functions from the root upwards, the root itself left out.
    Within(Vec<String>),
    /// The inference library's kernels are written in assembly and keep no trace of who called them.
    Kernel,
    Elsewhere,
}

/// The stack of each sample that has the root in it. A kernel of the inference library counts for whoever the nearest sample
/// within the library was called by.
pub(super) fn stacks(perf_script: &str, root: &str) -> Vec<Vec<String>> {
    // A line about the sample, then a line for each frame, the innermost first, then an empty line.
    let samples: Vec<Sample> = perf_script.split("\n\n").map(|text| sample(text, root)).collect();
    let inference = |at: usize| match samples.get(at) {
        Some(Sample::Within(stack)) if stack.last().is_some_and(|name| name == RUNTIME.1) => Some(stack),
        Some(Sample::Within(_) | Sample::Kernel | Sample::Elsewhere) | None => None,
    };
    let nearest = |at: usize| {
        (1..=NEIGHBOUR_SAMPLES_MAX).find_map(|away| inference(at.wrapping_sub(away)).or_else(|| inference(at + away)))
    };
    let stack = |(at, sample): (usize, &Sample)| match sample {
        Sample::Within(stack) => Some(stack.clone()),
        Sample::Kernel => nearest(at).cloned(),
        Sample::Elsewhere => None,
    };
    samples.iter().enumerate().filter_map(stack).collect()
}

fn sample(text: &str, root: &str) -> Sample {
    let frames = text.lines().filter(|line| line.starts_with([' ', '\t']));
    let names: Vec<String> = frames.filter_map(name).collect();
    match names.iter().position(|name| name.contains(root)) {
        Some(at) => {
            let mut stack: Vec<String> = names[..at].iter().rev().cloned().collect();
            stack.dedup();
            Sample::Within(stack)
        }
        None if !names.is_empty() && names.iter().all(|name| name == RUNTIME.1) => Sample::Kernel,
        None => Sample::Elsewhere,
    }
}

/// The function of a frame, without folders of the machine that it ran on: `7f12 name+0x1f (/usr/lib/some.so)`.
fn name(line: &str) -> Option<String> {
    let (_, rest) = line.trim().split_once(' ')?;
    let (function, module) = rest.rsplit_once(" (")?;
    if module.contains(RUNTIME.0) {
        return Some(RUNTIME.1.to_owned());
    }
    let function = function.rsplit_once("+0x").map_or(function, |(name, _)| name);
    if function == "[unknown]" {
        let file = module.trim_end_matches(')').rsplit('/').next().unwrap_or_default();
        return Some(file.to_owned());
    }
    match function.strip_prefix(BINDING).is_some_and(|rest| rest.starts_with("::")) {
        true => Some(BINDING.to_owned()),
        false => Some(tidy(function)),
    }
}

/// Without the hash that makes a name unique, and without what generic functions were made for.
fn tidy(function: &str) -> String {
    let hashed = function
        .rsplit_once("::h")
        .filter(|(_, hash)| hash.len() == HASH_DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let function = hashed.map_or(function, |(name, _)| name);
    let mut tidy = String::new();
    let mut depth = 0_usize;
    for (at, c) in function.char_indices() {
        match c {
            // `<A as B>::f` keeps what is in the brackets; `f<T>` and `f::<T>` do not.
            '<' if at == 0 => {}
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            '>' => {}
            c if depth == 0 => tidy.push(c),
            _ => {}
        }
    }
    tidy.replace("::::", "::").trim_end_matches("::").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
auther 77 12.5: 2004008 cpu-clock: 
\t    7f01 [unknown] (/home/me/.cache/libonnxruntime.so.1.32.0)
\t    7f00 OrtRun+0x12 (/home/me/.cache/libonnxruntime.so.1.32.0)
\t    5605 ort::util::with+0x9 (/home/me/auther)
\t    5604 ort::session::Session::run+0x9 (/home/me/auther)
\t    5602 face::model::OrtModel::run::h0123456789abcdef+0x8 (/home/me/auther)
\t    5601 eval::stages::Request::run::hfedcba9876543210+0x99 (/home/me/auther)
\t    5600 main+0x1 (/home/me/auther)

auther 77 12.6: 2004008 cpu-clock: 
\t    7f09 [unknown] (/usr/lib/libm.so.6)
\t    5603 <face::warp::Plain as face::warp::Grid>::colour+0x8 (/home/me/auther)
\t    5601 eval::stages::Request::run+0x99 (/home/me/auther)

auther 77 12.7: 2004008 cpu-clock: 
\t    7f77 [unknown] (/home/me/.cache/libonnxruntime.so.1.32.0)

auther 77 12.8: 2004008 cpu-clock: 
\t    5605 jpeg_encoder::encode+0x8 (/home/me/auther)
\t    5600 main+0x1 (/home/me/auther)
";

    #[test]
    fn stacks_begin_below_the_request_and_name_no_folder() {
        let stacks = stacks(TEXT, "stages::Request::run");
        assert_eq!(stacks.len(), 3, "the last is outside of it");
        assert_eq!(stacks[0], ["face::model::OrtModel::run", "ort", "ONNX Runtime"]);
        assert_eq!(stacks[1], ["face::warp::Plain as face::warp::Grid::colour", "libm.so.6"]);
        assert_eq!(stacks[2], stacks[0], "a kernel counts for who called the library last");
    }

    #[test]
    fn kernels_of_which_nobody_near_knows_the_caller_are_left_out() {
        let kernel = "auther 1 2: cpu-clock:\n\t 7f77 [unknown] (/x/libonnxruntime.so.1)\n\n";
        let known = TEXT.split("\n\n").next().expect("the first");
        let text = format!("{known}\n\n{}", kernel.repeat(NEIGHBOUR_SAMPLES_MAX + 5));
        assert_eq!(stacks(&text, "stages::Request::run").len(), 1 + NEIGHBOUR_SAMPLES_MAX);
    }

    #[test]
    fn names_lose_hashes_and_types() {
        assert_eq!(
            tidy("core::iter::adapters::map::Map<I,F>::fold::h0123456789abcdef"),
            "core::iter::adapters::map::Map::fold"
        );
        assert_eq!(tidy("face::detect::suppress::<u8>"), "face::detect::suppress");
        assert_eq!(tidy("plain"), "plain");
    }

    #[test]
    fn any_text_is_read_without_harm() {
        for text in ["", "\n\n\n", "x\n\t\n\t 1\n", "a\n\t1 b (c", "a\n\t1 <<<>>>>+0x (", "\t+0x1 ("] {
            assert!(stacks(text, "root").is_empty());
        }
    }
}
