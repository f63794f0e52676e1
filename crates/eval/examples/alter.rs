//! Makes, from one clean portrait, the example pictures of the documentation: one for each thing that an enrolment can be
//! refused for, each checked to be refused for it: `alter PORTRAIT OUTDIR [--cache DIR]`.

#[path = "alter/assembly.rs"]
mod assembly;
#[path = "alter/eyes.rs"]
mod eyes;
#[path = "alter/frame.rs"]
mod frame;
#[path = "alter/light.rs"]
mod light;
#[path = "alter/mouth.rs"]
mod mouth;
#[path = "alter/picture.rs"]
mod picture;
#[path = "alter/pose.rs"]
mod pose;
#[path = "alter/shape.rs"]
mod shape;
#[path = "alter/spread.rs"]
mod spread;
#[path = "alter/subject.rs"]
mod subject;
#[path = "alter/warp.rs"]
mod warp;
#[path = "alter/worn.rs"]
mod worn;

use std::error::Error;
use std::path::PathBuf;

use face::{Defect, ImageLimits, Pipeline, Policy};

use crate::picture::Picture;
use crate::subject::Subject;

/// JPEG quality, 1 to 100.
const QUALITY: u8 = 88;

/// A picture: its file, how it is made, and what it must be refused for.
struct Example {
    name: &'static str,
    make: fn(&Subject) -> Picture,
    refused_for: Option<Defect>,
}

const fn example(name: &'static str, make: fn(&Subject) -> Picture, refused_for: Defect) -> Example {
    Example { name, make, refused_for: Some(refused_for) }
}

const EXAMPLES: &[Example] = &[
    Example { name: "good", make: frame::good, refused_for: None },
    example("no_face", frame::no_face, Defect::NoFace),
    example("several_faces", frame::several_faces, Defect::SeveralFaces),
    example("too_small", frame::too_small, Defect::FaceSize),
    example("cut", frame::cut, Defect::FaceSize),
    example("turned", pose::turned, Defect::Yaw),
    example("raised", pose::raised, Defect::Pitch),
    example("lowered", pose::lowered, Defect::Pitch),
    example("tilted", pose::tilted, Defect::Roll),
    example("blurred", light::blurred, Defect::Sharpness),
    example("too_dark", light::too_dark, Defect::TooDark),
    example("too_bright", light::too_bright, Defect::TooBright),
    example("uneven", light::uneven, Defect::UnevenLight),
    example("sunglasses", worn::sunglasses, Defect::Sunglasses),
    example("mouth_open", mouth::open, Defect::MouthOpen),
    example("eyes_closed", eyes::closed, Defect::EyesClosed),
    example("one_eye_closed", eyes::one_closed, Defect::EyesClosed),
    example("covered", worn::covered, Defect::FaceCovered),
];

struct Arguments {
    portrait: PathBuf,
    out: PathBuf,
    cache: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { portrait, out, cache } = arguments()?;
    let mut pipeline = assembly::pipeline(cache)?;
    let image = face::decode(&std::fs::read(portrait)?, &ImageLimits::default())?;
    let mut picture = face::Picture::of(&image);
    let face =
        *pipeline.detect(&mut picture, face::Wanted::Counted)?.first().ok_or("there is no face in the portrait")?;
    let subject = Subject::new(&image, &pipeline.look(&mut picture, &face)?);
    std::fs::create_dir_all(&out)?;
    let mut wrong = 0;
    for Example { name, make, refused_for } in EXAMPLES {
        let jpeg = make(&subject).jpeg(QUALITY)?;
        let found = defects(&mut pipeline, &jpeg)?;
        std::fs::write(out.join(format!("{name}.jpg")), jpeg)?;
        let right = refused_for.map_or(found.is_empty(), |defect| found.contains(&defect));
        wrong += usize::from(!right);
        let mark = if right { "ok   " } else { "WRONG" };
        println!("{mark} {name:16} {found:?}");
    }
    if wrong > 0 { Err(format!("{wrong} pictures are not refused for what they should be").into()) } else { Ok(()) }
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let (mut cache, mut paths) = (None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--cache" => cache = Some(arguments.next().ok_or("--cache wants a folder")?.into()),
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let [portrait, out] = <[PathBuf; 2]>::try_from(paths).map_err(|_| "usage: alter PORTRAIT OUTDIR [--cache DIR]")?;
    Ok(Arguments { portrait, out, cache })
}

/// Everything that an enrolment would refuse this image for.
fn defects(pipeline: &mut Pipeline, jpeg: &[u8]) -> Result<Vec<Defect>, Box<dyn Error>> {
    let rejections = pipeline.examine(jpeg, &Policy::default())?.rejections();
    let has = |defect: &Defect| rejections.iter().any(|rejection| rejection.defect == *defect);
    Ok(Defect::ALL.iter().copied().filter(has).collect())
}
