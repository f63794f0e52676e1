//! Prepares one published file and prints what its card must say: `prepare fold|dynamic-size|from-tflite|dequantise IN OUT`.

use std::error::Error;

use models::{Preparation, Sha256, prepare};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [preparation, from, to] = arguments.as_slice() else {
        return Err("usage: prepare fold|dynamic-size|from-tflite|dequantise IN OUT".into());
    };
    let preparation = match preparation.as_str() {
        "fold" => Preparation::Fold,
        "dynamic-size" => Preparation::DynamicSize,
        "from-tflite" => Preparation::FromTflite,
        "dequantise" => Preparation::Dequantise,
        other => return Err(format!("no preparation is called {other}").into()),
    };
    let prepared = prepare(&std::fs::read(from)?, preparation)?;
    std::fs::write(to, &prepared)?;
    println!("sha256 = \"{}\"\nbytes = {}", Sha256::of(&prepared), prepared.len());
    Ok(())
}
