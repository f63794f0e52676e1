//! Is it this person? `AUTHER_API_KEY=... cargo run -p auther-client --example verify -- URL PERSON_ID IMAGE`

use std::process::ExitCode;

use auther_client::{Client, Error, Image};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("say URL PERSON_ID IMAGE");
    let (url, person_id, image) = (next()?, next()?, next()?);
    let client = Client::builder(url, std::env::var("AUTHER_API_KEY")?).build()?;
    match client.verify(&person_id, Image::path(image)).await {
        Ok(person) => {
            println!("it is {}, enrolled {}", person.person_id, person.created);
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Api(no)) if no.is_face_not_matched() || no.is_person_not_found() => {
            println!("no: {no}");
            Ok(ExitCode::from(2))
        }
        Err(error) => Err(error.into()),
    }
}
